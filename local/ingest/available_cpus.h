#pragma once

#include <limits>
#include <string>

namespace tributary {

// How many CPUs this process may keep busy: those it may run on (sched_getaffinity), and no more than the quota of its
// control group or of any around it, be it docker's, Kubernetes' or systemd's.
double AvailableCpus();

// The quota alone, in CPUs; infinity when there is none. Reads both versions of control groups. `own_groups` is
// /proc/self/cgroup, `root` where the hierarchies are mounted.
inline constexpr double kNoCpuQuota = std::numeric_limits<double>::infinity();
double CpuQuota(const std::string& own_groups = "/proc/self/cgroup", const std::string& root = "/sys/fs/cgroup");

// How many readers a UDP address has unless it is told: one for every four CPUs, one at least and eight at most. The
// others are for the applications that the agent stands beside; a reader alone takes a few million lines a second.
int DefaultUdpReaders(double cpus);

}  // namespace tributary
