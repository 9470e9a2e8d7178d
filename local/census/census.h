#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/telemetry/telemetry.h"
#include "local/census/limit_log.h"
#include "local/census/ranking.h"
#include "local/flush/activity_receiver.h"
#include "local/shard/series_limiter.h"

namespace tributary {

// Knows who was behind the last whole interval: for `top`, for the gauges of the worst in /metrics, and for the log.
//
// Cost:    per interval a copy of the series' pointers on the flusher's thread; ranking only when somebody asks.
// Memory:  24 bytes for each active series, and the series themselves until the next interval ends, of what clients and
//          folds the shards hand over; twice that while somebody reads. Ranking: see Rank.
// Threads: thread-safe.
class Census : public ActivityReceiver {
 public:
  // How a family of counters has changed, by its label; those that have not are left out. Largest first.
  using Changes = std::vector<std::pair<std::string, uint64_t>>;

  // One interval. Does not change.
  class Report {
   public:
    IntervalIndex interval = 0;  // 0: none is over yet
    absl::Duration length;
    uint64_t samples = 0;  // as clients have sent them
    size_t series = 0;     // that the agent knows
    size_t series_limit = 0;
    Changes dropped;            // samples by reason
    Changes rejected;           // lines by reason
    uint64_t kernel_drops = 0;  // datagrams
    IntervalActivity activity;
    absl::flat_hash_map<Peer, std::string> process_names;

    // "10.1.2.3", "pid 1234 (nginx)"; "other" for nobody.
    std::string NameOf(const Peer& client) const;
    // Thread-safe; made by who asks first.
    const Ranking& ranking() const;

   private:
    mutable std::once_flag ranked_;
    mutable Ranking ranking_;
  };

  // All references outlive this.
  Census(const IntervalScale& scale, const SeriesLimiter& limiter, const Clock& clock, Telemetry& telemetry);

  void OnActivity(IntervalActivity activity) override;
  std::shared_ptr<const Report> Latest() const;

 private:
  static constexpr size_t kGauges = 10;  // of each family

  Changes ChangesOf(absl::string_view family, absl::string_view label);
  absl::flat_hash_map<Peer, std::string> NamesOf(const IntervalActivity& activity) const;
  Telemetry::Reading AddGauges(
      absl::string_view name, absl::string_view help,
      std::function<void(const Report& report, std::vector<Telemetry::LabelledValue>& values)> read);

  const IntervalScale scale_;
  const SeriesLimiter& limiter_;
  Telemetry& telemetry_;
  LimitLog log_;                                               // the flusher's
  std::map<std::string, std::map<std::string, double>> seen_;  // the flusher's: counters by family and label

  mutable Mutex mutex_;
  std::shared_ptr<const Report> latest_ ABSL_GUARDED_BY(mutex_);
  std::vector<Telemetry::Reading> readings_;
};

}  // namespace tributary
