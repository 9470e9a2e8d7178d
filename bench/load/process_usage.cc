#include "bench/load/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tributary {
namespace {

// Of /proc/PID/stat, counted behind the name in parentheses, which may hold anything.
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

double Seconds(absl::string_view ticks) {
  double value = 0;
  return absl::SimpleAtod(ticks, &value) ? value / static_cast<double>(sysconf(_SC_CLK_TCK)) : 0;
}

uint64_t StatusBytes(absl::string_view status, absl::string_view name) {
  for (absl::string_view line : absl::StrSplit(status, '\n')) {
    uint64_t kib = 0;
    if (!absl::ConsumePrefix(&line, name) || !absl::ConsumeSuffix(&line, "kB")) continue;
    if (absl::SimpleAtoi(line, &kib)) return kib << 10;
  }
  return 0;
}

}  // namespace

absl::StatusOr<ProcessUsage> ReadProcessUsage(pid_t pid) {
  const std::string stat = ReadAll(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return absl::NotFoundError(absl::StrCat("no process ", pid));
  const std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(stat).substr(name_end + 1), ' ', absl::SkipEmpty());
  if (fields.size() <= kSystemTicks) return absl::InternalError(absl::StrCat("/proc/", pid, "/stat is cut"));
  const std::string status = ReadAll(absl::StrCat("/proc/", pid, "/status"));
  return ProcessUsage{Seconds(fields[kUserTicks]), Seconds(fields[kSystemTicks]), StatusBytes(status, "VmRSS:"),
                      StatusBytes(status, "VmHWM:")};
}

absl::Status ResetPeakResident(pid_t pid) {
  const std::string path = absl::StrCat("/proc/", pid, "/clear_refs");
  std::ofstream file(path);
  file << 5 << std::flush;
  return file ? absl::OkStatus() : absl::PermissionDeniedError(absl::StrCat("cannot write ", path));
}

double ThreadCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace tributary
