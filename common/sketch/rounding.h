#pragma once

#include <cstdint>
#include <vector>

namespace tributary {

// Whole numbers near `shares`, which they add up to `total`: those with the largest remainders are rounded up.
// REQUIRES: at least one share; they add up to about `total`, of which each unit that they are off takes a step.
std::vector<uint64_t> RoundedTogether(const std::vector<double>& shares, uint64_t total);

}  // namespace tributary
