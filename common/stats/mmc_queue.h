#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace tributary {

// The M/M/c queue in its steady state: Poisson arrivals, `servers` servers with exponential service times, one queue.
// Rates per second, times in seconds. A value.
//
// Source:  Kleinrock, "Queueing Systems", volume 1, 1975, section 3.5; the recursion for Erlang's B: Jagerman 1974.
class MmcQueue {
 public:
  static constexpr size_t kMaxServers = 100'000;

  // Errors:  InvalidArgument: no server, a rate that is not positive. FailedPrecondition: as much arrives as can be
  // served, or more: the queue grows without end, which the message says.
  static absl::StatusOr<MmcQueue> Make(size_t servers, double service_rate, double arrival_rate);

  double utilisation() const { return arrival_rate_ / (static_cast<double>(servers_) * service_rate_); }
  double WaitProbability() const { return wait_probability_; }  // Erlang's C
  double MeanWait() const;
  double MeanResponse() const;
  double ResponseTail(double seconds) const;  // P(response > seconds)
  double ResponseQuantile(double q) const;    // REQUIRES: 0 <= q < 1

  size_t servers() const { return servers_; }
  double service_rate() const { return service_rate_; }
  double arrival_rate() const { return arrival_rate_; }

 private:
  MmcQueue(size_t servers, double service_rate, double arrival_rate);

  size_t servers_;
  double service_rate_;
  double arrival_rate_;
  double wait_probability_;
};

// The number of servers and their rate that explain mean response times at arrival rates best.
struct MmcFit {
  size_t servers = 0;
  double service_rate = 0;
  double residual_deviation = 0;  // seconds
};
// Errors:  InvalidArgument: fewer than 3 points, or one that is not positive. FailedPrecondition: no queue up to
// `max_servers` servers can serve the highest rate at those times.
absl::StatusOr<MmcFit> FitMmc(absl::Span<const double> arrival_rates, absl::Span<const double> mean_responses,
                              size_t max_servers = 256);

}  // namespace tributary
