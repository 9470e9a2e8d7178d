#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "proxy/capacity/response_law.h"
#include "proxy/promql/value.h"

namespace tributary {

// What one host did in one step: how much came per second, and how long it took.
struct LoadStep {
  double load = 0;
  promql::DistributionPtr latency;
};

// The share of requests that are slower than a target, by load per host: never falling. A value.
struct TailCurve {
  double target = 0;
  std::vector<double> loads;     // ascending
  std::vector<double> tails;     // never falling
  std::vector<double> measured;  // as they were
  std::vector<double> errors;    // standard, of what was measured
  std::vector<double> weights;   // requests
};

// Latency by load, from merged sketches of many hosts and steps.
//
// Bins:    up to kMaxBins equal parts of the range of loads, each with the merged sketch of its steps; those with fewer
//          than kLeastRequests go to their neighbour.
// Tail:    the share slower than a target is asked of each bin and made non-decreasing by isotonic regression. That the
//          p99 of a fleet stays below a target is the same as that its load-weighted mean of these shares stays below
//          1 %: so no percentile is ever averaged.
// Beyond:  above the highest bin its sketch is stretched by the growth of the mean response (ResponseLaw). Where no law
//          fits, nothing is known there: NaN.
// Threads: immutable; thread-safe.
// Source:  isotonic regression, Ayer et al. 1955.
class LatencyCurve {
 public:
  static constexpr size_t kMaxBins = 24;
  static constexpr double kLeastRequests = 200;

  // Errors: FailedPrecondition: no step with a load and latencies; sketches that do not merge.
  static absl::StatusOr<LatencyCurve> Fit(std::vector<LoadStep> steps);

  double highest_load() const { return bins_.back().load; }
  size_t bins() const { return bins_.size(); }
  const std::optional<ResponseLaw>& law() const { return law_; }

  TailCurve Tails(double target) const;
  // As it may also have been: each bin moved by its standard error times a normal number.
  static TailCurve Redrawn(const TailCurve& curve, std::mt19937_64& random);

  // The share slower than the curve's target at `load`, at a capacity of `z` standard errors more beyond the data.
  double TailAt(const TailCurve& curve, double load, double z = 0) const;

  // Quantile q of the requests of hosts with these loads. NaN beyond what is known.
  double Quantile(double q, const std::vector<double>& loads) const;

 private:
  struct Bin {
    double load = 0;  // mean, weighted by requests
    double requests = 0;
    double response = 0;  // mean, seconds or whatever the unit is
    promql::DistributionPtr latency;
    std::vector<promql::DistributionPtr> steps;
  };
  static absl::StatusOr<Bin> MakeBin(const std::vector<LoadStep>& steps, size_t begin, size_t end);
  static double ErrorOf(const Bin& bin, double target, double tail);
  double SlowerAt(double target, double load) const;

  std::vector<Bin> bins_;  // by load, at least one
  std::optional<ResponseLaw> law_;
};

}  // namespace tributary
