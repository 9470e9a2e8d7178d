#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/sketch/tdigest.h"

namespace tributary {

// A histogram in VictoriaMetrics's buckets: 18 to a decade from 1e-9 to 1e18, one below and one above. A bucket holds
// its upper bound, and values below zero are in none, as VictoriaMetrics's own have it.
//
// Source: VictoriaMetrics, `histogram.go` of its package `metrics`. Bounds are those that the labels tell, so that a
//         value is within what its label says.
struct VmrangeBucket {
  std::string range;  // "1.000e-01...1.136e-01", "0...1.000e-09", "1.000e+18...+Inf"
  uint64_t count = 0;

  friend bool operator==(const VmrangeBucket&, const VmrangeBucket&) = default;
};

// Those that are not empty, ascending. Counts are shares of the digest's count by Cdf, rounded by largest remainder.
std::vector<VmrangeBucket> VmrangeBuckets(const TDigest& digest);

}  // namespace tributary
