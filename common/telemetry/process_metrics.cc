#include "common/telemetry/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tributary {
namespace {

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return absl::ToDoubleSeconds(absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime));
}

// The second number of /proc/self/statm is the resident pages (proc(5)).
double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenFiles() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  double entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries - 3;  // ".", ".." and the folder itself
}

double MaxFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

std::vector<Telemetry::Reading> AddProcessMetrics(Telemetry& telemetry) {
  constexpr auto kCounter = Telemetry::Kind::kCounter;
  constexpr auto kGauge = Telemetry::Kind::kGauge;
  std::vector<Telemetry::Reading> readings;
  const auto add = [&](Telemetry::Kind kind, absl::string_view name, absl::string_view help,
                       std::function<double()> read) {
    readings.push_back(telemetry.AddReading(kind, name, help, {}, std::move(read)));
  };
  const double start = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  add(kCounter, "process_cpu_seconds_total", "User and system CPU time spent, in seconds.", CpuSeconds);
  add(kGauge, "process_resident_memory_bytes", "Resident memory.", ResidentBytes);
  add(kGauge, "process_open_fds", "Open file descriptors.", OpenFiles);
  add(kGauge, "process_max_fds", "Most file descriptors that may be open.", MaxFiles);
  add(kGauge, "process_start_time_seconds", "When the process started, in seconds since the Unix epoch.",
      [start] { return start; });
  return readings;
}

}  // namespace tributary
