#include "proxy/capacity/latency_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "common/base/status.h"
#include "common/stats/isotonic.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Slower(const promql::Distribution& latency, double target) {
  return std::clamp(1 - latency.Fraction(-kInfinity, target), 0.0, 1.0);
}

}  // namespace

absl::StatusOr<LatencyCurve::Bin> LatencyCurve::MakeBin(const std::vector<LoadStep>& steps, size_t begin, size_t end) {
  Bin bin;
  double sum = 0;
  std::vector<const promql::Distribution*> others;
  for (size_t i = begin; i < end; ++i) {
    const promql::Distribution& latency = *steps[i].latency;
    bin.steps.push_back(steps[i].latency);
    bin.requests += latency.Count();
    bin.load += steps[i].load * latency.Count();
    sum += latency.Sum();
    if (i > begin) others.push_back(&latency);
  }
  bin.load /= bin.requests;
  bin.response = sum / bin.requests;
  bin.latency = steps[begin].latency;
  if (!others.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(bin.latency, steps[begin].latency->Plus(others));
  }
  return bin;
}

absl::StatusOr<LatencyCurve> LatencyCurve::Fit(std::vector<LoadStep> steps) {
  const auto useless = [](const LoadStep& step) {
    return step.latency == nullptr || !(step.latency->Count() > 0) || !(step.load > 0);
  };
  steps.erase(std::remove_if(steps.begin(), steps.end(), useless), steps.end());
  if (steps.empty()) return absl::FailedPreconditionError("no latencies are known");
  std::stable_sort(steps.begin(), steps.end(), [](const LoadStep& a, const LoadStep& b) { return a.load < b.load; });
  const double lowest = steps.front().load;
  const double width = (steps.back().load - lowest) / static_cast<double>(kMaxBins);
  LatencyCurve curve;
  size_t begin = 0;
  double requests = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    requests += steps[i].latency->Count();
    const auto part = [&](size_t of) { return width > 0 ? std::floor((steps[of].load - lowest) / width) : 0; };
    const bool is_last = i + 1 == steps.size();
    if (!is_last && (requests < kLeastRequests || part(i + 1) == part(i))) continue;
    TRIBUTARY_ASSIGN_OR_RETURN(Bin bin, MakeBin(steps, begin, i + 1));
    curve.bins_.push_back(std::move(bin));
    begin = i + 1;
    requests = 0;
  }
  std::vector<double> loads, responses;
  for (const Bin& bin : curve.bins_) {
    loads.push_back(bin.load);
    responses.push_back(bin.response);
  }
  curve.law_ = ResponseLaw::Fit(loads, responses);
  return curve;
}

// The error of a share: of so many requests, times how much more steps differ than chance would have it.
double LatencyCurve::ErrorOf(const Bin& bin, double target, double tail) {
  const double floor = std::max(tail * (1 - tail), 1 / bin.requests);
  double spread = 1;
  if (bin.steps.size() >= 3) {
    double squares = 0;
    for (const auto& step : bin.steps) {
      const double off = Slower(*step, target) - tail;
      squares += off * off * step->Count() / floor;
    }
    spread = std::max(1.0, squares / static_cast<double>(bin.steps.size() - 1));
  }
  return std::sqrt(spread * floor / bin.requests);
}

TailCurve LatencyCurve::Tails(double target) const {
  TailCurve curve;
  curve.target = target;
  for (const Bin& bin : bins_) {
    curve.loads.push_back(bin.load);
    curve.weights.push_back(bin.requests);
    curve.measured.push_back(Slower(*bin.latency, target));
    curve.errors.push_back(ErrorOf(bin, target, curve.measured.back()));
  }
  curve.tails = IsotonicRegression(curve.measured, curve.weights);
  return curve;
}

TailCurve LatencyCurve::Redrawn(const TailCurve& curve, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  TailCurve drawn = curve;
  for (size_t i = 0; i < drawn.measured.size(); ++i) {
    drawn.measured[i] = std::clamp(drawn.measured[i] + normal(random) * drawn.errors[i], 0.0, 1.0);
  }
  drawn.tails = IsotonicRegression(drawn.measured, drawn.weights);
  return drawn;
}

double LatencyCurve::TailAt(const TailCurve& curve, double load, double z) const {
  const auto above = std::lower_bound(curve.loads.begin(), curve.loads.end(), load);
  if (above == curve.loads.begin()) return curve.tails.front();
  const auto i = static_cast<size_t>(above - curve.loads.begin());
  if (above != curve.loads.end()) {
    const double part = (load - curve.loads[i - 1]) / (curve.loads[i] - curve.loads[i - 1]);
    return curve.tails[i - 1] + part * (curve.tails[i] - curve.tails[i - 1]);
  }
  if (!law_) return kNaN;
  const double stretch = law_->Response(load, z) / law_->Response(highest_load(), z);
  if (!std::isfinite(stretch)) return 1;
  return std::max(curve.tails.back(), Slower(*bins_.back().latency, curve.target / std::max(1.0, stretch)));
}

// Between bins: a mixture of both.
double LatencyCurve::SlowerAt(double target, double load) const {
  TailCurve curve;
  curve.target = target;
  const auto above =
      std::lower_bound(bins_.begin(), bins_.end(), load, [](const Bin& bin, double at) { return bin.load < at; });
  const auto last = above == bins_.end() ? bins_.end() : std::next(above);
  for (auto bin = above == bins_.begin() ? above : std::prev(above); bin != last; ++bin) {
    curve.loads.push_back(bin->load);
    curve.tails.push_back(Slower(*bin->latency, target));
  }
  return TailAt(curve, load);
}

double LatencyCurve::Quantile(double q, const std::vector<double>& loads) const {
  const auto slower = [&](double target) {
    double sum = 0;
    double weight = 0;
    for (const double load : loads) {
      sum += load * SlowerAt(target, load);
      weight += load;
    }
    return sum / weight;
  };
  double high = bins_.back().latency->Quantile(1);
  double low = std::min(0.0, bins_.front().latency->Quantile(0));
  if (std::isnan(slower(high))) return kNaN;
  for (int i = 0; i < 60 && slower(high) > 1 - q; ++i) {
    low = high;
    high *= 2;
    if (i == 59) return kInfinity;
  }
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (slower(middle) > 1 - q ? low : high) = middle;
  }
  return high;
}

}  // namespace tributary
