#include "proxy/capacity/elasticity.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/stats/line_fit.h"

namespace tributary {
namespace {

constexpr size_t kLeastPoints = 30;
constexpr size_t kMostPoints = 600;  // 180,000 slopes

struct Points {
  std::vector<double> x, y;

  void Add(double upstream, double downstream) {
    x.push_back(upstream);
    y.push_back(downstream);
  }
  // Evenly spaced ones.
  void Thin() {
    const size_t count = x.size();
    if (count <= kMostPoints) return;
    for (size_t i = 0; i < kMostPoints; ++i) {
      x[i] = x[i * count / kMostPoints];
      y[i] = y[i * count / kMostPoints];
    }
    x.resize(kMostPoints);
    y.resize(kMostPoints);
  }
};

}  // namespace

std::optional<Elasticity> FitElasticity(absl::Span<const double> upstream, absl::Span<const double> downstream) {
  Points rates;
  Points changes;
  const auto known = [&](size_t i) { return std::isfinite(upstream[i]) && std::isfinite(downstream[i]); };
  for (size_t i = 0; i < std::min(upstream.size(), downstream.size()); ++i) {
    if (!known(i)) continue;
    rates.Add(upstream[i], downstream[i]);
    if (i > 0 && known(i - 1)) changes.Add(upstream[i] - upstream[i - 1], downstream[i] - downstream[i - 1]);
  }
  Elasticity elasticity;
  elasticity.points = rates.x.size();
  if (elasticity.points < kLeastPoints) return std::nullopt;
  rates.Thin();
  changes.Thin();
  const auto robust = FitTheilSen(rates.x, rates.y, 0.9);
  const auto straight = FitLeastSquares(rates.x, rates.y);
  if (!robust.ok() || !straight.ok()) return std::nullopt;
  if (const auto line = FitTheilSen(changes.x, changes.y, 0.999); line.ok()) elasticity.changes_low = line->slope_low;
  elasticity.slope = robust->slope;
  elasticity.low = robust->slope_low;
  elasticity.high = robust->slope_high;
  elasticity.r_squared = straight->r_squared;
  return elasticity;
}

}  // namespace tributary
