#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/net/inherited_sockets.h"
#include "common/rules/rule_set.h"
#include "common/statsd/line_parser.h"
#include "common/telemetry/telemetry.h"
#include "local/ingest/ingest_config.h"
#include "local/ingest/listener.h"
#include "local/ingest/packet_reader.h"
#include "local/ingest/sockets.h"
#include "local/ingest/stream_listener.h"
#include "local/shard/gauge_levels.h"
#include "local/shard/policy.h"
#include "local/shard/series_limiter.h"
#include "local/shard/shard.h"
#include "local/tap/tap_hub.h"

namespace tributary {

// Everything of an agent that listens: one thread with one socket, one reader and one shard each.
// Threads: Start, Stop and the destructor by one owner; shards() as Shard says.
class Ingest {
 public:
  struct Options {
    IngestConfig config;
    LimitsConfig limits;
    std::string host;  // of this agent
    uint64_t cluster_seed = 0;
    IntervalScale scale{absl::Seconds(10)};
    InstanceId instance;
    double compression = 100;
    IntervalIndex first_interval = 0;                     // open at once
    StreamListener::Certificates certificates = nullptr;  // of tls:// addresses
  };

  // Takes every address from `inherited` or binds it, and begins to read. Errors name the address; then nothing
  // listens. `clock` and `telemetry` outlive this.
  static absl::StatusOr<std::unique_ptr<Ingest>> Start(Options options, RuleSet rules, const Clock& clock,
                                                       Telemetry& telemetry, InheritedSockets* inherited = nullptr);
  ~Ingest();

  // Takes what the kernel holds already, then closes every socket. What comes later waits in inherited sockets for the
  // next agent, and is refused otherwise. The shards stay and answer to the flusher. Idempotent.
  void Stop();

  // Thread-safe. In force from the next interval on: what was decided about series is decided anew, and those that
  // `rules` lead to no more die as idle ones do. Series beyond lower limits stay until they are idle.
  void Reconfigure(RuleSet rules, const LimitsConfig& limits);

  // For a source that has no listener, and whose thread owns it: it sets the wake, and ends before Stop. What it sends
  // has `scope` unless a rule says otherwise. Before shards() is asked.
  Shard& AddShard(Scope scope);

  // As bound, in the order of the configuration.
  std::vector<Address> addresses() const;
  std::vector<Shard*> shards() const;
  GaugeLevels& levels() { return levels_; }
  TapHub& taps() { return taps_; }
  const SeriesLimiter& limiter() const { return limiter_; }

 private:
  // Members are destroyed from the last to the first: the thread ends before what it uses.
  struct Reader {
    std::unique_ptr<Shard> shard;
    std::unique_ptr<PacketReader> packets;
    std::unique_ptr<Listener> listener;  // null: another source's
  };

  Ingest(Options options, RuleSet rules, const Clock& clock, Telemetry& telemetry);
  absl::Status Open(const Address& address, InheritedSockets* inherited);
  absl::StatusOr<std::vector<BoundSocket>> Bind(const Address& address, InheritedSockets* inherited) const;
  std::unique_ptr<Listener> NewListener(const Address& configured, BoundSocket bound, TextReceiver& receiver);
  std::unique_ptr<Shard> NewShard(std::optional<Scope> scope_of_source);
  Reader& NewReader();

  const Options options_;
  const Clock& clock_;
  Telemetry& telemetry_;
  SeriesLimiter limiter_;
  GaugeLevels levels_;
  Mutex policy_mutex_;  // or two changes at once could leave shards that differ
  PolicyPtr policy_ ABSL_GUARDED_BY(policy_mutex_);
  TapHub taps_;
  std::vector<Reader> readers_;
  Telemetry::Reading series_reading_;
};

}  // namespace tributary
