#include "common/stats/mmc_queue.h"

#include <algorithm>
#include <boost/math/tools/minima.hpp>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "common/base/check.h"

namespace tributary {
namespace {

double ErlangC(size_t servers, double offered) {
  double blocking = 1;  // Erlang's B of 0 servers
  for (size_t n = 1; n <= servers; ++n) blocking = offered * blocking / (static_cast<double>(n) + offered * blocking);
  const double utilisation = offered / static_cast<double>(servers);
  return blocking / (1 - utilisation * (1 - blocking));
}

struct Points {
  absl::Span<const double> rates;
  absl::Span<const double> responses;
  double highest_rate = 0;
};

double SquaredErrors(const Points& points, size_t servers, double service_rate) {
  double squares = 0;
  for (size_t i = 0; i < points.rates.size(); ++i) {
    const auto queue = MmcQueue::Make(servers, service_rate, points.rates[i]);
    if (!queue.ok()) return std::numeric_limits<double>::max();
    const double error = queue->MeanResponse() - points.responses[i];
    squares += error * error;
  }
  return squares;
}

}  // namespace

MmcQueue::MmcQueue(size_t servers, double service_rate, double arrival_rate)
    : servers_(servers),
      service_rate_(service_rate),
      arrival_rate_(arrival_rate),
      wait_probability_(ErlangC(servers, arrival_rate / service_rate)) {}

absl::StatusOr<MmcQueue> MmcQueue::Make(size_t servers, double service_rate, double arrival_rate) {
  if (servers == 0 || servers > kMaxServers) {
    return absl::InvalidArgumentError(absl::StrFormat("servers must be 1 to %d, not %d", kMaxServers, servers));
  }
  if (!(service_rate > 0) || !(arrival_rate > 0) || !std::isfinite(service_rate) || !std::isfinite(arrival_rate)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "rates must be positive numbers, not %g (service) and %g (arrivals)", service_rate, arrival_rate));
  }
  const double most = static_cast<double>(servers) * service_rate;
  if (arrival_rate >= most) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%g arrivals a second are more than %d servers of %g a second serve: the queue grows without end", arrival_rate,
        servers, service_rate));
  }
  return MmcQueue(servers, service_rate, arrival_rate);
}

double MmcQueue::MeanWait() const {
  return wait_probability_ / (static_cast<double>(servers_) * service_rate_ - arrival_rate_);
}

double MmcQueue::MeanResponse() const { return 1 / service_rate_ + MeanWait(); }

double MmcQueue::ResponseTail(double seconds) const {
  if (seconds <= 0) return 1;
  const double served = std::exp(-service_rate_ * seconds);
  // The wait ends at the rate of (servers - offered) service rates; what differs from one is in the exponent below.
  const double spare = static_cast<double>(servers_) - 1 - arrival_rate_ / service_rate_;
  const double exponent = service_rate_ * seconds * spare;
  const double waited = std::abs(exponent) < 1e-9 ? service_rate_ * seconds : -std::expm1(-exponent) / spare;
  return std::min(1.0, served * (1 + wait_probability_ * waited));
}

double MmcQueue::ResponseQuantile(double q) const {
  TRIBUTARY_CHECK(q >= 0 && q < 1);
  double low = 0;
  double high = 1 / service_rate_;
  while (ResponseTail(high) > 1 - q) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    const double middle = (low + high) / 2;
    (ResponseTail(middle) > 1 - q ? low : high) = middle;
  }
  return high;
}

absl::StatusOr<MmcFit> FitMmc(absl::Span<const double> arrival_rates, absl::Span<const double> mean_responses,
                              size_t max_servers) {
  TRIBUTARY_CHECK(arrival_rates.size() == mean_responses.size());
  if (arrival_rates.size() < 3) {
    return absl::InvalidArgumentError(
        absl::StrFormat("servers and their rate need at least 3 points, there are %d", arrival_rates.size()));
  }
  Points points{.rates = arrival_rates, .responses = mean_responses};
  double shortest = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < arrival_rates.size(); ++i) {
    if (!(arrival_rates[i] > 0) || !(mean_responses[i] > 0) || !std::isfinite(arrival_rates[i] + mean_responses[i])) {
      return absl::InvalidArgumentError(
          absl::StrFormat("point %d (%g, %g): rate and response time must be positive numbers", i + 1, arrival_rates[i],
                          mean_responses[i]));
    }
    points.highest_rate = std::max(points.highest_rate, arrival_rates[i]);
    shortest = std::min(shortest, mean_responses[i]);
  }
  std::optional<MmcFit> best;
  double least = std::numeric_limits<double>::max();
  for (size_t servers = 1; servers <= max_servers; ++servers) {
    // No service takes longer than the shortest response by much, nor less than what the highest rate asks.
    const double lowest = std::max(points.highest_rate / static_cast<double>(servers) * (1 + 1e-9), 0.5 / shortest);
    const double highest = std::max(2 * lowest, 100 / shortest);
    const auto [log_rate, squares] = boost::math::tools::brent_find_minima(
        [&](double logarithm) { return SquaredErrors(points, servers, std::exp(logarithm)); }, std::log(lowest),
        std::log(highest), std::numeric_limits<double>::digits / 2);
    if (squares >= least) continue;
    least = squares;
    best = MmcFit{.servers = servers,
                  .service_rate = std::exp(log_rate),
                  .residual_deviation = std::sqrt(squares / static_cast<double>(arrival_rates.size() - 2))};
  }
  if (!best) return absl::FailedPreconditionError("no such queue serves the highest of these rates");
  return *best;
}

}  // namespace tributary
