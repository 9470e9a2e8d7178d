#pragma once

#include <array>
#include <functional>
#include <vector>

#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/base/mutex.h"
#include "common/metric/sample.h"
#include "local/shard/client_table.h"
#include "local/shard/fold_ledger.h"
#include "local/shard/handover.h"
#include "local/shard/open_windows.h"
#include "local/shard/policy.h"
#include "local/shard/series_table.h"
#include "local/shard/shard_metrics.h"

namespace tributary {

// One reader's share of the agent: the series it knows and what the open interval has of them.
//
// At the end of an interval the flusher asks for the windows; the reader hands them over at its next batch boundary and
// goes on with fresh ones. No sample takes a lock.
// Time:    a sample without a timestamp belongs to the open interval. With one: to the open interval when its own is
//          that or the one after; to its own when that began within kMaxLateness; else it is dropped.
// Cost:    for a known series one hash, one look-up and one add; it allocates with the first sample in an interval.
// Threads: Add and its like by the reader that owns it; the others say.
class Shard : public SampleReceiver {
 public:
  static constexpr absl::Duration kMaxLateness = absl::Minutes(10);

  struct Options {
    IntervalScale scale{absl::Seconds(10)};
    InstanceId instance;       // writes gauges and checks
    double compression = 100;  // of digests
  };

  // What `environment` refers to, `clock` and the cells of `metrics` outlive the shard. `first_interval` is open.
  Shard(const Options& options, IntervalIndex first_interval, const SeriesTable::Environment& environment,
        const Clock& clock, const ShardMetrics& metrics);

  // The reader's. What is added between BeginBatch and EndBatch has the time of BeginBatch, and comes from the client
  // that was asked for last, whose other counts are the caller's. A client is valid until EndBatch.
  void BeginBatch();
  Client& FindClient(const Peer& peer) { return *(client_ = &clients_.Find(peer)); }
  void Add(const Sample& sample) override { Add(sample, table_.HashOf({sample.type, sample.name, sample.tags})); }
  // The same in two steps, with other samples' between them.
  Hash128 Prefetch(const Sample& sample) const { return table_.Prefetch({sample.type, sample.name, sample.tags}); }
  void Add(const Sample& sample, Hash128 hash);
  void Add(const CheckSample& check) override;
  void Add(const EventSample& event) override;
  void EndBatch();  // publishes the counts, hands over when asked to

  // Thread-safe; for the flusher. See Handover. Wakes the reader.
  void RequestWindows(IntervalIndex next_interval);
  std::vector<ShardWindows> TakeWindows(absl::Duration timeout) { return handover_.Take(timeout); }

  // Thread-safe. `policy` holds from the next interval on; the open one ends as it began.
  void Adopt(PolicyPtr policy);

  // For who owns the reader's thread: how to get it to call EndBatch soon, before it starts; and that it has ended, so
  // that requests are answered where they are made.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }
  void Detach();

 private:
  // What of the open window or a late one a sample is added to; null and counted when nothing.
  Window::Entry* EntryFor(SeriesTable::Entry& series, const Sample& sample);
  // Returns how many of the values were taken; the others are counted as dropped.
  uint64_t AddValues(GaugeLevel* level, const Sample& sample, Aggregate& into);
  uint64_t AddGauge(GaugeLevel* level, const Sample& sample, GaugeAggregate& into);
  // False: they are beyond the client's quota, and counted as that.
  bool WithinQuota(uint64_t samples);
  const SeriesTable::Route& Intern(const RawSeries& raw, Hash128 hash, uint64_t samples);
  void CountDrop(DropReason reason, uint64_t samples) { counts_.CountDrop(reason, samples); }
  void PublishCounts();
  void AdoptNext();

  const Options options_;
  const Clock& clock_;
  PolicyPtr policy_;
  ShardMetrics metrics_;
  SeriesTable table_;
  OpenWindows windows_;
  ClientTable clients_;
  FoldLedger folds_;
  Client* client_;
  uint64_t quota_;  // samples of one client in one interval
  absl::Time now_;
  int64_t now_unix_ns_ = 0;
  // Since they were last published.
  SampleCounts counts_;
  std::array<uint64_t, kFoldReasonCount> folded_{};
  SampleCounts window_counts_;  // published, since windows were handed over last

  Handover handover_;
  std::function<void()> wake_;
  Mutex next_policy_mutex_;
  PolicyPtr next_policy_ ABSL_GUARDED_BY(next_policy_mutex_);  // null: as it is
  Mutex detach_mutex_;
  bool detached_ ABSL_GUARDED_BY(detach_mutex_) = false;
};

}  // namespace tributary
