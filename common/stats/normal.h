#pragma once

namespace tributary {

// The standard normal distribution's quantile at 0.95: what bounds one side at 95 %, and an interval of 90 % on both.
inline constexpr double kNormalQuantile95 = 1.6448536269514722;

}  // namespace tributary
