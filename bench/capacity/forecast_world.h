#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tributary {

// Made-up hourly series with days, weeks, a trend, noise, holidays and gaps, and what comes after them.
struct ForecastCase {
  std::vector<double> known;   // NaN: a gap, or a holiday that is not to count
  std::vector<double> coming;  // the next days
};
ForecastCase MakeForecastCase(uint64_t seed, size_t days, size_t ahead_hours);

}  // namespace tributary
