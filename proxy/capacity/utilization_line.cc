#include "proxy/capacity/utilization_line.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "common/stats/line_fit.h"
#include "common/stats/normal.h"
#include "common/stats/sample.h"

namespace tributary {
namespace {

constexpr double kConfidence = 0.9;  // kNormalQuantile95 errors to either side
constexpr size_t kBins = 40;
constexpr size_t kLeastPoints = 10;
constexpr double kLeastVariation = 1.1;  // of the highest load by the lowest
constexpr double kFlat = 0.02;

using Point = std::pair<double, double>;

std::vector<Point> PointsOf(absl::Span<const double> loads, absl::Span<const double> utilizations) {
  std::vector<Point> points;
  for (size_t i = 0; i < std::min(loads.size(), utilizations.size()); ++i) {
    if (std::isfinite(loads[i]) && std::isfinite(utilizations[i]) && loads[i] >= 0) {
      points.emplace_back(loads[i], utilizations[i]);
    }
  }
  std::sort(points.begin(), points.end());
  return points;
}

// At most kMaxPoints / kBins of each of kBins equal parts of the range. `points` ascend.
std::vector<Point> SpreadOut(const std::vector<Point>& points) {
  if (points.size() <= UtilizationLine::kMaxPoints) return points;
  const double lowest = points.front().first;
  const double width = (points.back().first - lowest) / kBins;
  std::vector<Point> chosen;
  size_t begin = 0;
  for (size_t bin = 0; bin < kBins; ++bin) {
    const double end_load =
        bin + 1 == kBins ? std::numeric_limits<double>::infinity() : lowest + width * static_cast<double>(bin + 1);
    size_t end = begin;
    while (end < points.size() && points[end].first < end_load) ++end;
    const size_t taken = std::min(end - begin, UtilizationLine::kMaxPoints / kBins);
    for (size_t i = 0; i < taken; ++i) chosen.push_back(points[begin + i * (end - begin) / taken]);
    begin = end;
  }
  return chosen;
}

double MedianUtilization(const std::vector<Point>& points) {
  std::vector<double> values;
  for (const Point& point : points) values.push_back(point.second);
  return MedianOf(std::move(values));
}

}  // namespace

double UtilizationLine::At(double load, double z) const {
  return pivot_utilization + std::max(0.0, slope + z * slope_error) * (load - pivot_load);
}

double UtilizationLine::LoadAt(double limit, double z) const {
  const double rise = std::max(0.0, slope + z * slope_error);
  if (pivot_utilization > limit && rise == 0) return 0;
  if (rise == 0) return std::numeric_limits<double>::infinity();
  return std::max(0.0, pivot_load + (limit - pivot_utilization) / rise);
}

double UtilizationLine::Idle() const { return std::clamp(At(0), 0.0, std::max(0.0, pivot_utilization)); }

UtilizationLine FitUtilization(absl::Span<const double> loads, absl::Span<const double> utilizations) {
  const std::vector<Point> points = PointsOf(loads, utilizations);
  UtilizationLine line;
  line.points = points.size();
  if (points.empty()) return line;
  line.r_squared = std::numeric_limits<double>::quiet_NaN();
  const double lowest = points.front().first;
  const double highest = points.back().first;
  std::vector<double> x, y;
  for (const auto& [load, utilization] : SpreadOut(points)) {
    x.push_back(load);
    y.push_back(utilization);
  }
  const auto robust = FitTheilSen(x, y, kConfidence);
  if (points.size() < kLeastPoints || highest < kLeastVariation * lowest || !robust.ok()) {
    line.assumed = true;
    line.pivot_load = points[points.size() / 2].first;
    line.pivot_utilization = MedianUtilization(points);
    line.slope = line.pivot_load > 0 ? line.pivot_utilization / line.pivot_load : 0;
    return line;
  }
  line.pivot_load = MedianOf(x);
  line.slope = std::max(0.0, robust->slope);
  line.slope_error = (robust->slope_high - robust->slope_low) / (2 * kNormalQuantile95);
  line.pivot_utilization = robust->intercept + robust->slope * line.pivot_load;
  line.flat = robust->slope_high * (highest - lowest) < kFlat;
  if (line.flat) line.slope = line.slope_error = 0;
  if (const auto straight = FitLeastSquares(x, y); straight.ok()) line.r_squared = straight->r_squared;
  return line;
}

}  // namespace tributary
