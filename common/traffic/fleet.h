#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// One line of DogStatsD and what it means, before it is sent.
struct Measurement {
  enum class Kind { kCounter, kGauge, kTimer, kHistogram, kDistribution, kSet };
  Kind kind = Kind::kCounter;
  absl::string_view name;
  std::string text;        // the value as sent; `value` is what it reads as
  double value = 0;        // sets: unused
  double rate = 1;         // sample rate as sent; the measurement stands for 1 / rate
  absl::string_view tags;  // "k:v,k:v", without '#'
};

// The demo fleet: instances of a service in some regions, each a seeded stream of requests. Latencies are log-normal
// with one slow region, a few requests time out at exactly 1,000 ms, and every few minutes a bad deploy makes a third
// of the instances slow for a while. Time is counted from the run's start, and a slot's measurements depend on nothing
// but (seed, instance, slot), so a run can be repeated. Thread-safe.
class Fleet {
 public:
  struct Options {
    uint64_t seed = 1;
    int instances = 30;
    double requests_per_second = 300;  // of each instance, on average
    absl::Duration slot = absl::Milliseconds(50);
    absl::Duration first_deploy = absl::Seconds(25);
    absl::Duration deploy_period = absl::Minutes(3);
    absl::Duration deploy_length = absl::Seconds(30);
  };
  static constexpr absl::string_view kLatency = "demo.request.latency";
  static constexpr absl::string_view kRequests = "demo.requests";
  static constexpr absl::string_view kCacheHits = "demo.cache.hits";  // sent at rate 0.1
  static constexpr absl::string_view kErrors = "demo.errors";
  static constexpr absl::string_view kQueueDepth = "demo.queue.depth";
  static constexpr absl::string_view kUsers = "demo.users";
  static constexpr double kTimeoutMs = 1000;

  explicit Fleet(const Options& options);

  const Options& options() const { return options_; }
  // What `instance` measures in the slot-th slot of the run; views point into this fleet.
  std::vector<Measurement> Slot(int instance, int64_t slot) const;
  absl::string_view Region(int instance) const;
  bool IsBadDeploy(int instance, int64_t slot) const;

 private:
  Options options_;
  std::vector<std::string> tags_;           // by instance: region and service
  std::vector<std::string> instance_tags_;  // and the instance itself
};

}  // namespace tributary
