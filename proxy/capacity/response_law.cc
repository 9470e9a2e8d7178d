#include "proxy/capacity/response_law.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_format.h"

namespace tributary {
namespace {

constexpr double kLargestError = 0.25;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

double ResponseOf(const MmcFit& fit, double load) {
  const auto queue = MmcQueue::Make(fit.servers, fit.service_rate, load);
  return queue.ok() ? queue->MeanResponse() : kInfinite;
}

// The concurrency at which this much is served, on the rising side; N / X is the response.
double ResponseOf(const UslFit& fit, double load) {
  if (load >= fit.PeakThroughput()) return kInfinite;
  double low = 0;
  double high = std::min(fit.PeakLoad(), 1.0);
  while (fit.Throughput(high) < load) {
    low = high;
    high = std::min(fit.PeakLoad(), 2 * high);
    if (high > 1e12) return kInfinite;
  }
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (fit.Throughput(middle) < load ? low : high) = middle;
  }
  return high / load;
}

double CapacityOf(const MmcFit& fit) { return static_cast<double>(fit.servers) * fit.service_rate; }
double CapacityOf(const UslFit& fit) { return fit.PeakThroughput(); }

}  // namespace

std::optional<ResponseLaw> ResponseLaw::Fit(absl::Span<const double> loads, absl::Span<const double> responses) {
  std::optional<ResponseLaw> best;
  const auto offer = [&](ResponseLaw law) {
    law.Judge(loads, responses);
    if (!(law.squared_error_ <= kLargestError * kLargestError)) return;
    if (!best || law.squared_error_ < best->squared_error_) best = law;
  };
  if (const auto queue = FitMmc(loads, responses); queue.ok()) offer(ResponseLaw(*queue));
  std::vector<double> concurrency;
  for (size_t i = 0; i < loads.size(); ++i) concurrency.push_back(loads[i] * responses[i]);
  if (const auto usl = FitUsl(concurrency, loads); usl.ok()) offer(ResponseLaw(*usl));
  return best;
}

void ResponseLaw::Judge(absl::Span<const double> loads, absl::Span<const double> responses) {
  double squares = 0;
  double absolute = 0;
  double information = 0;
  for (size_t i = 0; i < loads.size(); ++i) {
    const double response = Response(loads[i]);
    const double error = response - responses[i];
    squares += error * error / (responses[i] * responses[i]);
    absolute += error * error;
    // How much the response moves with the capacity.
    const double moved = (Response(loads[i] * 1.001) - response) / 0.001;
    if (std::isfinite(moved)) information += moved * moved;
  }
  const double n = static_cast<double>(loads.size());
  squared_error_ = squares / n;
  const double deviation = std::sqrt(absolute / std::max(1.0, n - 2));
  // A tenth of a tenth at least: no law is exact.
  capacity_error_ = std::clamp(information > 0 ? deviation / std::sqrt(information) : 1.0, 0.01, 0.5);
}

double ResponseLaw::Response(double load, double z) const {
  const double relative = load / std::max(0.1, 1 + z * capacity_error_);
  return std::visit([&](const auto& law) { return ResponseOf(law, relative); }, law_);
}

double ResponseLaw::Capacity() const {
  return std::visit([](const auto& law) { return CapacityOf(law); }, law_);
}

std::string ResponseLaw::Name() const {
  if (const auto* queue = std::get_if<MmcFit>(&law_)) {
    return absl::StrFormat("M/M/%d at %.3g a second each", queue->servers, queue->service_rate);
  }
  return "Universal Scalability Law";
}

}  // namespace tributary
