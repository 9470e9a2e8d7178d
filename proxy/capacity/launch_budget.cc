#include "proxy/capacity/launch_budget.h"

#include <cmath>

#include "absl/time/time.h"
#include "common/stats/sample.h"

namespace tributary {

void LaunchBudget::DrawCurves() {
  for (const LatencyGoal& goal : question_.goals) {
    const TailCurve curve = service_.model->latency->Tails(goal.target);
    Spending& spending = spendings_.emplace_back(Spending{.goal = goal, .curves = {}});
    for (size_t i = 0; i < kCurves; ++i) spending.curves.push_back(LatencyCurve::Redrawn(curve, random_));
  }
}

void LaunchBudget::Spend(const std::vector<LaunchMoment>& moments, std::uniform_real_distribution<double>& uniform,
                         std::uniform_int_distribution<size_t>& pick) {
  if (question_.goals.empty() || !service_.model->latency) return;
  if (spendings_.empty()) DrawCurves();
  const double rank = uniform(random_);
  const size_t picked = pick(random_);
  const double seconds = absl::ToDoubleSeconds(question_.length) / static_cast<double>(moments.size());
  for (Spending& spending : spendings_) spending.bad.push_back(0);
  for (const LaunchMoment& moment : moments) {
    const double base = service_.forecast.forecast.Draw(service_.forecast.HourOf(moment.time), rank);
    const double load = base * (1 + question_.Extra() * moment.ramp);
    for (Spending& spending : spendings_) {
      const double tail = FleetTail(*service_.model->latency, spending.curves[picked], service_.groups,
                                    load * service_.Replicated(), 0);
      spending.bad.back() += load * seconds * (std::isnan(tail) ? 1 : tail);
    }
  }
}

void LaunchBudget::Describe(LaunchAnswer& answer) const {
  const HourlySeries& history = service_.model->history;
  double sum = 0;
  for (const double value : history.values) sum += std::isnan(value) ? 0 : value;
  const double rate = sum / static_cast<double>(history.KnownHours());
  for (const Spending& spending : spendings_) {
    const double budget = (1 - spending.goal.q) * rate * absl::ToDoubleSeconds(absl::Hours(30 * 24));
    if (!(budget > 0)) continue;
    const double spent = QuantileOf(spending.bad, 0.5) / budget;
    if (answer.budget && spent <= answer.spent_p50) continue;
    answer.budget_goal = spending.goal.text;
    answer.budget = budget;
    answer.spent_p50 = spent;
    answer.spent_p90 = QuantileOf(spending.bad, 0.9) / budget;
  }
}

}  // namespace tributary
