#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "proxy/capacity/launch_answer.h"
#include "proxy/capacity/launch_part.h"
#include "proxy/capacity/launch_question.h"

namespace tributary {

// What the launch spends of the error budget: the bad requests that a goal allows in 30 days of the usual load. Of
// several goals that is told of which most is spent.
//
// Paths:   each that is spent is one more draw of demand and of the curve of latency. One whose latency is not known is
//          bad altogether.
// Nothing: without a goal, or latencies, no path is spent and nothing is told.
// Threads: thread-compatible. Question, service and random numbers outlive it.
class LaunchBudget {
 public:
  LaunchBudget(const LaunchQuestion& question, const LaunchPart& service, std::mt19937_64& random)
      : question_(question), service_(service), random_(random) {}

  // Draws `uniform` a rank of demand, and `pick` one of kCurves.
  void Spend(const std::vector<LaunchMoment>& moments, std::uniform_real_distribution<double>& uniform,
             std::uniform_int_distribution<size_t>& pick);

  void Describe(LaunchAnswer& answer) const;

 private:
  const LaunchQuestion& question_;
  const LaunchPart& service_;
  std::mt19937_64& random_;
  // Of one goal.
  struct Spending {
    LatencyGoal goal;
    std::vector<TailCurve> curves;
    std::vector<double> bad = {};  // requests, of each path
  };
  void DrawCurves();

  std::vector<Spending> spendings_;  // made when first needed
};

}  // namespace tributary
