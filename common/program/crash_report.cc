#include "common/program/crash_report.h"

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <vector>

#include "absl/debugging/failure_signal_handler.h"
#include "absl/debugging/symbolize.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status.h"

extern "C" char __executable_start, etext;  // where the linker has put the program's code

namespace tributary {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".crash";
constexpr size_t kMaxPath = 4000;
constexpr int kMaxFrames = 64;
constexpr int kNotOpened = -2;

// Text of a bounded size, put together without memory of the heap.
template <size_t kSize>
class FixedText {
 public:
  void Append(const char* text) {
    for (; *text != '\0' && size_ + 1 < kSize; ++text) text_[size_++] = *text;
    text_[size_] = '\0';
  }
  void Append(int64_t number) {
    std::array<char, 24> digits{};
    size_t first = digits.size() - 1;  // the last stays 0
    do {
      digits[--first] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    Append(digits.data() + first);
  }
  void AppendHex(uint64_t number) {
    std::array<char, 17> digits{};
    size_t first = digits.size() - 1;
    do {
      digits[--first] = "0123456789abcdef"[number % 16];
      number /= 16;
    } while (number > 0);
    Append(digits.data() + first);
  }
  const char* text() const { return text_; }
  size_t size() const { return size_; }

 private:
  char text_[kSize] = {};
  size_t size_ = 0;
};

// Set before the handler is installed, but for the digest, of which half an old one may be read.
char program[64];
char version[64];
char config_digest[64];
char path_start[kMaxPath];  // "/var/crash/tributary-local-"; empty: no file
int report = kNotOpened;    // the file that the handler writes

void Write(int file, const char* text, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, text, size);
    if (written <= 0) return;
    text += written;
    size -= static_cast<size_t>(written);
  }
}

void OpenReport() {
  report = -1;
  if (path_start[0] == '\0') return;
  FixedText<kMaxPath + 64> path;
  path.Append(path_start);
  path.Append(static_cast<int64_t>(::time(nullptr)));
  path.Append("-");
  path.Append(static_cast<int64_t>(::getpid()));
  path.Append(kSuffix);
  report = ::open(path.text(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
}

void WriteHeader() {
  char thread[32] = {};
  ::prctl(PR_GET_NAME, thread);
  FixedText<2048> header;
  const std::array<const char*, 8> parts = {"program: ",         program,       " ",          version,
                                            "\nconfig digest: ", config_digest, "\nthread: ", thread};
  for (const char* part : parts) header.Append(part);
  header.Append(" (");
  header.Append(static_cast<int64_t>(::syscall(SYS_gettid)));
  header.Append(")\nlast words: ");
  header.Append(LastWords());
  header.Append("\n");
  Write(report, header.text(), header.size());
}

// "    @ 0x3f2a10 tributary::Flusher::Run()": the offset in the program, for addr2line; 0 in libraries.
void WriteFrame(void* pc) {
  char symbol[1024] = "?";
  absl::Symbolize(static_cast<char*>(pc) - 1, symbol, sizeof symbol);  // of the call, not of what comes after it
  const auto address = reinterpret_cast<uintptr_t>(pc), start = reinterpret_cast<uintptr_t>(&__executable_start);
  const bool in_program = start <= address && address < reinterpret_cast<uintptr_t>(&etext);
  FixedText<1200> line;
  line.Append("    @ 0x");
  line.AppendHex(in_program ? address - start : 0);
  line.Append(" ");
  line.Append(symbol);
  line.Append("\n");
  Write(STDERR_FILENO, line.text(), line.size());
  if (report >= 0) Write(report, line.text(), line.size());
}

// By the tables for exceptions, which lead through functions without frame pointers: through the C library's, above
// all.
void WriteStack() {
  std::array<void*, kMaxFrames> frames;
  const int count = ::backtrace(frames.data(), kMaxFrames);
  for (int i = 0; i < count; ++i) WriteFrame(frames[static_cast<size_t>(i)]);
}

// The signal handler's: text by text, then null.
void WriteReport(const char* text) {
  if (report == kNotOpened) {
    OpenReport();
    WriteHeader();
  }
  if (text != nullptr) return Write(report, text, std::strlen(text));
  WriteStack();
  if (report >= 0) ::fsync(report);
}

[[noreturn]] void OnTerminate() {
  std::string words = "terminated without an exception";
  if (const std::exception_ptr exception = std::current_exception()) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& error) {
      words = absl::StrCat("nobody caught: ", error.what());
    } catch (...) {
      words = "nobody caught an exception of unknown kind";
    }
  }
  SetLastWords(words.c_str());
  std::abort();
}

void Copy(absl::string_view from, char* to, size_t size) {
  const size_t bytes = std::min(from.size(), size - 1);
  std::memcpy(to, from.data(), bytes);
  std::memset(to + bytes, 0, size - bytes);
}

// Names hold the time in seconds, of one length for centuries: they sort by age.
void DeleteOldReports(const fs::path& directory, const std::string& prefix, int max_files) {
  std::error_code error;
  std::vector<fs::path> reports;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, prefix) && absl::EndsWith(name, kSuffix)) reports.push_back(entry.path());
  }
  std::sort(reports.begin(), reports.end());
  const size_t keep = std::min(static_cast<size_t>(max_files), reports.size());
  for (size_t i = 0; i + keep < reports.size(); ++i) fs::remove(reports[i], error);
  if (!reports.empty()) TRIBUTARY_LOG_WARN("there are crash reports, the newest {}", reports.back().string());
}

absl::Status PrepareDirectory(const CrashReportOptions& options) {
  if (options.directory.empty()) return absl::OkStatus();
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (!error && ::access(options.directory.c_str(), W_OK | X_OK) != 0) error.assign(errno, std::generic_category());
  if (error) return absl::UnavailableError(absl::StrCat("crash_dir ", options.directory, ": ", error.message()));
  const std::string prefix = absl::StrCat(options.program, "-");
  const std::string start = (fs::path(options.directory) / prefix).string();
  if (start.size() >= kMaxPath) return absl::InvalidArgumentError("crash_dir: the path is too long");
  DeleteOldReports(options.directory, prefix, options.max_files);
  Copy(start, path_start, sizeof path_start);
  return absl::OkStatus();
}

}  // namespace

absl::Status InstallCrashReports(const CrashReportOptions& options, const char* argv0) {
  TRIBUTARY_RETURN_IF_ERROR(PrepareDirectory(options));
  Copy(options.program, program, sizeof program);
  Copy(options.version, version, sizeof version);
  absl::InitializeSymbolizer(argv0);
  absl::FailureSignalHandlerOptions handler;
  handler.call_previous_handler = false;
  handler.writerfn = WriteReport;
  std::array<void*, 1> frame;
  ::backtrace(frame.data(), 1);  // loads what it needs, which a handler must not
  absl::InstallFailureSignalHandler(handler);
  ::signal(SIGTERM, SIG_DFL);  // which is no crash
  std::set_terminate(OnTerminate);
  return absl::OkStatus();
}

void SetCrashConfigDigest(absl::string_view digest) { Copy(digest, config_digest, sizeof config_digest); }

}  // namespace tributary
