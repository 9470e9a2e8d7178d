#include "proxy/capacity/elasticity.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/stats/line_fit.h"

namespace tributary {
namespace {

constexpr size_t kLeastPoints = 30;
constexpr size_t kMostPoints = 600;  // 180,000 slopes

}  // namespace

std::optional<Elasticity> FitElasticity(absl::Span<const double> upstream, absl::Span<const double> downstream) {
  std::vector<double> x, y;
  for (size_t i = 0; i < std::min(upstream.size(), downstream.size()); ++i) {
    if (!std::isfinite(upstream[i]) || !std::isfinite(downstream[i])) continue;
    x.push_back(upstream[i]);
    y.push_back(downstream[i]);
  }
  Elasticity elasticity;
  elasticity.points = x.size();
  if (x.size() < kLeastPoints) return std::nullopt;
  if (x.size() > kMostPoints) {
    for (size_t i = 0; i < kMostPoints; ++i) {
      x[i] = x[i * x.size() / kMostPoints];
      y[i] = y[i * y.size() / kMostPoints];
    }
    x.resize(kMostPoints);
    y.resize(kMostPoints);
  }
  const auto robust = FitTheilSen(x, y, 0.9);
  const auto straight = FitLeastSquares(x, y);
  if (!robust.ok() || !straight.ok()) return std::nullopt;
  elasticity.slope = robust->slope;
  elasticity.low = robust->slope_low;
  elasticity.high = robust->slope_high;
  elasticity.r_squared = straight->r_squared;
  return elasticity;
}

}  // namespace tributary
