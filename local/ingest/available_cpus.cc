#include "local/ingest/available_cpus.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace tributary {
namespace {

constexpr int kCpusPerReader = 4;
constexpr int kMaxDefaultReaders = 8;

double CpusOfAffinity() {
  cpu_set_t cpus;
  if (::sched_getaffinity(0, sizeof cpus, &cpus) == 0) return CPU_COUNT(&cpus);
  return std::max(1u, std::thread::hardware_concurrency());  // more CPUs than the set has room for
}

// Nothing when there is no such file.
std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

double Ratio(absl::string_view quota, absl::string_view period) {
  double quota_us = 0;
  double period_us = 0;
  const bool limited = absl::SimpleAtod(quota, &quota_us) && absl::SimpleAtod(period, &period_us);
  return limited && quota_us > 0 && period_us > 0 ? quota_us / period_us : kNoCpuQuota;
}

// Of one group: "200000 100000", "max 100000" in version 2; two files, -1 for no limit, in version 1.
double QuotaOfGroup(const std::string& folder) {
  const std::vector<std::string> limit = absl::StrSplit(FirstLine(folder + "/cpu.max"), ' ');
  if (limit.size() == 2) return Ratio(limit[0], limit[1]);
  return Ratio(FirstLine(folder + "/cpu.cfs_quota_us"), FirstLine(folder + "/cpu.cfs_period_us"));
}

// The least of a group and those around it. A container may see itself as the root while its path is the host's.
double QuotaOfPath(const std::string& mount, std::string path) {
  double cpus = QuotaOfGroup(mount);
  for (; path.size() > 1; path.resize(path.rfind('/'))) cpus = std::min(cpus, QuotaOfGroup(mount + path));
  return cpus;
}

}  // namespace

double AvailableCpus() { return std::min(CpusOfAffinity(), CpuQuota()); }

double CpuQuota(const std::string& own_groups, const std::string& root) {
  double cpus = kNoCpuQuota;
  std::ifstream groups(own_groups);
  // "0::/system.slice/agent.service" or "4:cpu,cpuacct:/docker/0123"
  for (std::string line; std::getline(groups, line);) {
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3 || fields[2].empty() || fields[2].front() != '/') continue;
    if (fields[1].empty()) {
      cpus = std::min(cpus, QuotaOfPath(root, fields[2]));
    } else if (absl::c_linear_search(absl::StrSplit(fields[1], ','), absl::string_view("cpu"))) {
      cpus = std::min(cpus, QuotaOfPath(root + "/cpu", fields[2]));
    }
  }
  return cpus;
}

int DefaultUdpReaders(double cpus) {
  return static_cast<int>(std::clamp<double>(std::floor(cpus / kCpusPerReader), 1, kMaxDefaultReaders));
}

}  // namespace tributary
