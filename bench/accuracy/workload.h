#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "tests/common/sketch/rank_oracle.h"

namespace tributary {

inline constexpr std::array<double, 5> kQuantiles = {0.5, 0.9, 0.99, 0.999, 0.9999};
using Errors = std::array<double, kQuantiles.size()>;  // in millionths of rank

// What the hosts of a fleet measure in one interval, and how far off their merged quantiles may be.
struct Workload {
  std::string name;
  Errors bar;
  // The samples of host `host`. `samples` is how many an ordinary host has.
  std::function<std::vector<double>(Random& random, int host, int samples)> host_samples;
};

// Sources: uniform to timeout, and merge-hard: the published comparisons that docs/sketches.md names. The bars of a
// fleet of 1,000 hosts; a smaller one is further off.
std::vector<Workload> Workloads();

}  // namespace tributary
