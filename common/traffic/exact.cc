#include "common/traffic/exact.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace tributary {

void ExactInterval::Add(const Measurement& m) {
  ++samples_;
  const std::string name(m.name);
  switch (m.kind) {
    case Measurement::Kind::kTimer:
    case Measurement::Kind::kHistogram:
    case Measurement::Kind::kDistribution:
      values_[name].push_back(m.value);
      break;
    case Measurement::Kind::kCounter:
      totals_[name] += m.value / m.rate;
      break;
    case Measurement::Kind::kSet:
      members_[name].insert(m.text);
      break;
    case Measurement::Kind::kGauge:
      break;
  }
}

std::vector<double> ExactInterval::Values(absl::string_view name) const {
  const auto it = values_.find(std::string(name));
  if (it == values_.end()) return {};
  std::vector<double> sorted = it->second;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

double ExactInterval::Total(absl::string_view name) const {
  const auto it = totals_.find(std::string(name));
  return it == totals_.end() ? 0 : it->second;
}

uint64_t ExactInterval::Distinct(absl::string_view name) const {
  const auto it = members_.find(std::string(name));
  return it == members_.end() ? 0 : it->second.size();
}

double ExactQuantile(const std::vector<double>& sorted, double q) {
  TRIBUTARY_CHECK(!sorted.empty());
  const double rank = std::ceil(q * static_cast<double>(sorted.size()));
  const size_t index = rank < 1 ? 0 : std::min(sorted.size() - 1, static_cast<size_t>(rank) - 1);
  return sorted[index];
}

double RankError(const std::vector<double>& sorted, double q, double estimate) {
  TRIBUTARY_CHECK(!sorted.empty());
  if (!std::isfinite(estimate)) return 1;
  const double slack = std::fabs(estimate) * 1.2e-7;
  const auto below =
      static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), estimate - slack) - sorted.begin());
  const auto not_above =
      static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), estimate + slack) - sorted.begin());
  const double n = static_cast<double>(sorted.size());
  const double target = q * n;
  if (target < below) return (below - target) / n;
  if (target > not_above) return (target - not_above) / n;
  return 0;
}

}  // namespace tributary
