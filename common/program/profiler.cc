#include "common/program/profiler.h"

#include <gperftools/profiler.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/file_descriptor.h"

namespace tributary {
namespace {

absl::StatusOr<std::string> ReadAll(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return absl::InternalError(std::strerror(errno));
  std::string text(static_cast<size_t>(status.st_size), '\0');
  size_t have = 0;
  while (have < text.size()) {
    const ssize_t bytes = ::pread(file, text.data() + have, text.size() - have, static_cast<off_t>(have));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return absl::InternalError("cannot read the profile back");
    have += static_cast<size_t>(bytes);
  }
  return text;
}

}  // namespace

HttpResponse Profiler::Post(const HttpRequest& request) {
  int64_t seconds = 10;
  const auto text = request.Parameter("seconds");
  if ((text && !absl::SimpleAtoi(*text, &seconds)) || seconds < 1 || absl::Seconds(seconds) > kLongest) {
    return HttpResponse::Text(400, "seconds: expected 1 to 60\n");
  }
  absl::StatusOr<std::string> profile = Collect(absl::Seconds(seconds));
  if (absl::IsAlreadyExists(profile.status())) return HttpResponse::Text(409, "another profile is being taken\n");
  if (!profile.ok()) return HttpResponse::Text(503, absl::StrCat(profile.status().message(), "\n"));
  return {.content_type = "application/octet-stream", .body = *std::move(profile)};
}

// gperftools writes to a file by name; this one is memory.
absl::StatusOr<std::string> Profiler::Collect(absl::Duration duration) {
  const FileDescriptor file(::memfd_create("profile", MFD_CLOEXEC));
  if (!file.open()) return absl::UnavailableError(absl::StrCat("memfd_create: ", std::strerror(errno)));
  const MutexLock lock(mutex_);
  if (stopping_) return absl::UnavailableError("the process is ending");
  if (busy_) return absl::AlreadyExistsError("busy");
  if (ProfilerStart(absl::StrCat("/proc/self/fd/", file.number()).c_str()) == 0) {
    return absl::UnavailableError("the profiler did not start");
  }
  TRIBUTARY_LOG_INFO("profiling for {}", absl::FormatDuration(duration));
  busy_ = true;
  WaitUntilOver(duration);
  ProfilerStop();  // and writes
  busy_ = false;
  return ReadAll(file.number());
}

void Profiler::WaitUntilOver(absl::Duration duration) {
  using Steady = std::chrono::steady_clock;
  const Steady::time_point end = Steady::now() + absl::ToChronoNanoseconds(duration);
  for (auto left = end - Steady::now(); !stopping_ && left.count() > 0; left = end - Steady::now()) {
    stop_requested_.WaitFor(mutex_, absl::FromChrono(left));
  }
}

void Profiler::Stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  stop_requested_.NotifyAll();
}

}  // namespace tributary
