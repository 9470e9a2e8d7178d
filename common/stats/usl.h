#pragma once

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tributary {

// The Universal Scalability Law: throughput at load N is  gamma N / (1 + alpha (N - 1) + beta N (N - 1)).
// A value; units are the points'.
//
// Use:     between the points, and up to kSafeReach times the highest load: beyond it the law is known to be off by a
//          fifth to a half (docs/capacity.md).
// Source:  Gunther, "Guerrilla Capacity Planning", 2007, chapter 4.
struct UslFit {
  double alpha = 0;        // contention: the share that is done one after the other
  double beta = 0;         // coherency: the cost of agreement between each two
  double gamma = 0;        // throughput of a load of 1
  double alpha_error = 0;  // standard errors
  double beta_error = 0;
  double gamma_error = 0;
  double r_squared = 0;
  double highest_load = 0;  // of the points

  static constexpr double kSafeReach = 1.25;

  double Throughput(double load) const { return gamma * load / (1 + alpha * (load - 1) + beta * load * (load - 1)); }
  double Latency(double load) const { return load / Throughput(load); }  // Little's law
  double PeakLoad() const;        // beyond it throughput falls; infinite if beta is 0
  double OptimalLoad() const;     // where the straight line meets the roof gamma / alpha; infinite if alpha is 0
  double PeakThroughput() const;  // at PeakLoad, or the roof
};

// Errors:  InvalidArgument: fewer than 4 points, or one that is not positive. FailedPrecondition: no minimum, or the
//          best fit is not physical (a coefficient below zero): it would promise throughput without end.
absl::StatusOr<UslFit> FitUsl(absl::Span<const double> load, absl::Span<const double> throughput);

}  // namespace tributary
