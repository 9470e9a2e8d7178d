#include "proxy/capacity/launch_budget.h"

#include <cmath>

#include "absl/time/time.h"
#include "common/stats/sample.h"

namespace tributary {

void LaunchBudget::Spend(const std::vector<LaunchMoment>& moments, std::uniform_real_distribution<double>& uniform,
                         std::uniform_int_distribution<size_t>& pick) {
  if (question_.goals.empty() || !service_.model->latency) return;
  const LatencyCurve& latency = *service_.model->latency;
  if (curves_.empty()) {
    const TailCurve curve = latency.Tails(question_.goals.front().target);
    for (size_t i = 0; i < kCurves; ++i) curves_.push_back(LatencyCurve::Redrawn(curve, random_));
  }
  const double rank = uniform(random_);
  const TailCurve& curve = curves_[pick(random_)];
  const double seconds = absl::ToDoubleSeconds(question_.length) / static_cast<double>(moments.size());
  double bad = 0;
  for (const LaunchMoment& moment : moments) {
    const double base = service_.forecast.forecast.Draw(service_.forecast.HourOf(moment.time), rank);
    const double load = base * (1 + question_.Extra() * moment.ramp);
    const double tail = FleetTail(latency, curve, service_.groups, load * service_.Replicated(), 0);
    bad += load * seconds * (std::isnan(tail) ? 1 : tail);
  }
  bad_.push_back(bad);
}

void LaunchBudget::Describe(LaunchAnswer& answer) const {
  if (bad_.empty()) return;
  const HourlySeries& history = service_.model->history;
  double sum = 0;
  for (const double value : history.values) sum += std::isnan(value) ? 0 : value;
  const double rate = sum / static_cast<double>(history.KnownHours());
  const double budget = (1 - question_.goals.front().q) * rate * absl::ToDoubleSeconds(absl::Hours(30 * 24));
  if (!(budget > 0)) return;
  answer.budget = budget;
  answer.spent_p50 = QuantileOf(bad_, 0.5) / budget;
  answer.spent_p90 = QuantileOf(bad_, 0.9) / budget;
}

}  // namespace tributary
