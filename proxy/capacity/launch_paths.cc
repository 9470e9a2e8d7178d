#include "proxy/capacity/launch_paths.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

#include "common/stats/normal.h"

namespace tributary {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kBudgetEvery = 8;  // paths: to spend one takes longer than to draw it

class PathDrawer {
 public:
  PathDrawer(const LaunchQuestion& question, std::mt19937_64& random)
      : question_(question),
        random_(random),
        moments_(MomentsOf(question)),
        uniform_(0.5 / static_cast<double>(question.paths), 1 - 0.5 / static_cast<double>(question.paths)),
        added_(moments_.size()) {}

  void Run(std::vector<LaunchPart>& parts, LaunchBudget& budget) {
    for (size_t path = 0; path < question_.paths; ++path) {
      for (LaunchPart& part : parts) {
        DrawLoad(part);
        Break(part, pick_(random_));
      }
      if (path % kBudgetEvery == 0) budget.Spend(moments_, uniform_, pick_);
    }
  }

 private:
  void DrawLoad(LaunchPart& part) {
    const double rank = uniform_(random_);
    const double elasticity = part.dependency == nullptr ? 1 : DrawElasticity(*part.dependency);
    double usual = 0;
    double launch = 0;
    for (size_t i = 0; i < moments_.size(); ++i) {
      const double base = part.forecast.forecast.Draw(part.forecast.HourOf(moments_[i].time), rank);
      if (part.dependency == nullptr) added_[i] = base * question_.Extra() * moments_[i].ramp;
      usual = std::max(usual, base);
      launch = std::max(launch, std::max(0.0, base + elasticity * added_[i]));
    }
    part.usual.push_back(part.model->burst * usual);
    part.launch.push_back(part.model->burst * launch);
  }

  double DrawElasticity(const Dependency& dependency) {
    const double error = (dependency.high - dependency.low) / (2 * kNormalQuantile95);
    return std::max(0.0, dependency.elasticity + normal_(random_) * error);
  }

  // What the newest path's load needs, and what it breaks.
  void Break(LaunchPart& part, size_t curve) {
    const double load = part.launch.back() * part.Replicated();
    std::map<std::string, double> z;  // by resource
    double breaks_at = kInfinity;
    for (LaunchConstraint& constraint : part.constraints) {
      double at = 0;
      if (constraint.resource != nullptr) {
        const auto [it, fresh] = z.try_emplace(constraint.resource->resource, 0);
        if (fresh) it->second = normal_(random_);
        at = constraint.resource->line.LoadAt(constraint.resource->limit, it->second) / constraint.share;
      } else {
        at = constraint.curves_break[curve];
      }
      breaks_at = std::min(breaks_at, at);
      if (load > at) constraint.check.exceeds += 1 / static_cast<double>(question_.paths);
    }
    const auto& latency = part.model->latency;
    const bool wants_law = part.dependency == nullptr && !question_.goals.empty() && latency && !latency->law();
    part.unknown.push_back(wants_law && load * part.largest_share > latency->highest_load() && load <= breaks_at);
    part.need.push_back(breaks_at > 0 ? part.launch.back() / breaks_at : kInfinity);
  }

  const LaunchQuestion& question_;
  std::mt19937_64& random_;
  const std::vector<LaunchMoment> moments_;
  std::uniform_real_distribution<double> uniform_;
  std::normal_distribution<double> normal_;
  std::uniform_int_distribution<size_t> pick_{0, kCurves - 1};
  std::vector<double> added_;  // by moment: what the service gets more, in this path
};

}  // namespace

void DrawPaths(const LaunchQuestion& question, std::vector<LaunchPart>& parts, LaunchBudget& budget,
               std::mt19937_64& random) {
  PathDrawer(question, random).Run(parts, budget);
}

}  // namespace tributary
