#include "common/stats/line_fit.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "common/base/check.h"
#include "common/stats/sample.h"

namespace tributary {
namespace {

absl::Status CheckPoints(absl::Span<const double> x, absl::Span<const double> y) {
  TRIBUTARY_CHECK(x.size() == y.size());
  if (x.size() < 3) {
    return absl::InvalidArgumentError(absl::StrFormat("a line needs at least 3 points, there are %d", x.size()));
  }
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  if (*low == *high) return absl::InvalidArgumentError("a line needs points at different places, all are at one");
  return absl::OkStatus();
}

std::vector<double> EvenlySpaced(absl::Span<const double> values) {
  if (values.size() <= kMaxRobustPoints) return {values.begin(), values.end()};
  std::vector<double> chosen(kMaxRobustPoints);
  for (size_t i = 0; i < kMaxRobustPoints; ++i) chosen[i] = values[i * (values.size() - 1) / (kMaxRobustPoints - 1)];
  return chosen;
}

// Standard deviation of Kendall's sum of signs, if x and y had nothing to do with each other.
double KendallDeviation(size_t count) {
  const double n = static_cast<double>(count);
  return std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

}  // namespace

absl::StatusOr<LeastSquaresLine> FitLeastSquares(absl::Span<const double> x, absl::Span<const double> y) {
  if (absl::Status status = CheckPoints(x, y); !status.ok()) return status;
  const double n = static_cast<double>(x.size());
  const double mean_x = MeanOf(x);
  const double mean_y = MeanOf(y);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  LeastSquaresLine line;
  line.slope = xy / xx;
  line.intercept = mean_y - line.slope * mean_x;
  double residuals = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i] - line.intercept - line.slope * x[i];
    residuals += residual * residual;
  }
  line.residual_deviation = std::sqrt(residuals / (n - 2));
  line.slope_error = line.residual_deviation / std::sqrt(xx);
  line.intercept_error = line.residual_deviation * std::sqrt(1 / n + mean_x * mean_x / xx);
  line.r_squared = yy > 0 ? 1 - residuals / yy : 1;
  return line;
}

absl::StatusOr<RobustLine> FitTheilSen(absl::Span<const double> x, absl::Span<const double> y, double confidence) {
  if (absl::Status status = CheckPoints(x, y); !status.ok()) return status;
  const std::vector<double> xs = EvenlySpaced(x);
  const std::vector<double> ys = EvenlySpaced(y);
  std::vector<double> slopes;
  slopes.reserve(xs.size() * (xs.size() - 1) / 2);
  for (size_t i = 0; i < xs.size(); ++i) {
    for (size_t k = i + 1; k < xs.size(); ++k) {
      if (xs[i] != xs[k]) slopes.push_back((ys[k] - ys[i]) / (xs[k] - xs[i]));
    }
  }
  if (slopes.empty()) return absl::InvalidArgumentError("a line needs points at different places, all are at one");
  std::sort(slopes.begin(), slopes.end());

  RobustLine line;
  line.slope = SortedQuantile(slopes, 0.5);
  std::vector<double> intercepts(xs.size());
  for (size_t i = 0; i < xs.size(); ++i) intercepts[i] = ys[i] - line.slope * xs[i];
  line.intercept = MedianOf(std::move(intercepts));

  // The slopes at ranks (count -+ z * deviation) / 2.
  const double count = static_cast<double>(slopes.size());
  const double z = quantile(boost::math::normal(), (1 + confidence) / 2);
  const double half = z * KendallDeviation(xs.size()) / 2;
  const auto at = [&slopes](double rank) {
    return slopes[static_cast<size_t>(std::clamp(rank, 0.0, static_cast<double>(slopes.size() - 1)))];
  };
  line.slope_low = at(std::floor(count / 2 - half) - 1);
  line.slope_high = at(std::ceil(count / 2 + half));
  return line;
}

}  // namespace tributary
