#include "bench/capacity/forecast_world.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace tributary {

ForecastCase MakeForecastCase(uint64_t seed, size_t days, size_t ahead_hours) {
  std::mt19937_64 random(seed);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  std::normal_distribution<double> normal;
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const double level = uniform(200, 2000);
  const double swing = uniform(0.2, 0.6);
  const double weekend = uniform(0.5, 1);
  const double trend = uniform(-0.002, 0.006);
  const double noise = uniform(0.01, 0.08);
  const double phase = uniform(0, 2 * M_PI);
  const size_t hours = 24 * days;
  ForecastCase result;
  for (size_t hour = 0; hour < hours + ahead_hours; ++hour) {
    const double time_of_day = 2 * M_PI * static_cast<double>(hour % 24) / 24 + phase;
    const double day = 1 + swing * (std::sin(time_of_day) + 0.3 * std::sin(2 * time_of_day));
    const double week = hour / 24 % 7 >= 5 ? weekend : 1;
    const double value =
        level * day * week * (1 + trend * static_cast<double>(hour) / 24) * (1 + noise * normal(random));
    (hour < hours ? result.known : result.coming).push_back(std::max(0.0, value));
  }
  // A holiday in the second week, told as one; and two gaps.
  const size_t holiday = 24 * (7 + static_cast<size_t>(uniform(0, 7)));
  std::fill_n(result.known.begin() + static_cast<std::ptrdiff_t>(holiday), 24, kNaN);
  for (int gap = 0; gap < 2; ++gap) {
    const auto begin = static_cast<std::ptrdiff_t>(uniform(0, static_cast<double>(hours - 12)));
    std::fill_n(result.known.begin() + begin, static_cast<size_t>(uniform(1, 10)), kNaN);
  }
  return result;
}

}  // namespace tributary
