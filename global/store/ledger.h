#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/interval.h"
#include "global/merge/commit_plan.h"
#include "global/merge/window_book.h"
#include "global/store/database.h"
#include "global/store/ledger_codec.h"
#include "global/store/row_reader.h"
#include "global/store/series_catalog.h"

namespace tributary {

// What an owner has committed: rows for queries, and what the window book has to know after a restart.
//
// Blocks:    two hours of rows lie together by series, and are dropped together when the retention has passed.
// Commits:   Put writes a plan into a batch; the caller adds the outbox, writes it durably, and tells Written.
// Threads:   as RowReader is; Put, Written and DropOld are called by one thread at a time.
class Ledger : public RowReader {
 public:
  struct Options {
    absl::Duration interval = absl::Seconds(10);
    std::string node_id;
    absl::Duration retention = absl::Hours(24);  // of rows; whole blocks
    double compression = 100;                    // of stored digests
  };
  // Reads the series. `database` outlives the ledger.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(Database& database, Options options, absl::Time now);

  // What the book goes on with.
  absl::StatusOr<WindowBookState> LoadState() const;

  void Put(const CommitPlan& plan, rocksdb::WriteBatch& batch);
  void Written(const CommitPlan& plan) { sealed_through_ = plan.sealed_through; }

  // Instead of the option's. Any thread.
  void SetRetention(absl::Duration retention) { retention_seconds_ = absl::ToInt64Seconds(retention); }
  // Rows beyond the retention, their series, and manifests of intervals before `manifests_from`.
  absl::Status DropOld(absl::Time now, IntervalIndex manifests_from);

  std::vector<absl::Duration> Resolutions() const override { return {options_.interval}; }
  absl::Duration ResolutionFor(absl::Time from) const override { return options_.interval; }
  std::vector<KeptRows> Kept() const override;
  std::vector<std::string> Names() const override { return catalog_.Names(); }
  std::vector<StoredSeries> FindSeries(absl::string_view name) const override { return catalog_.FindByName(name); }
  FoundSeries FindSeries(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                         size_t limit) const override;
  FoundTexts LabelNames(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                        size_t limit) const override;
  FoundTexts LabelValues(absl::string_view label, absl::Span<const LabelCondition> conditions, absl::Time from,
                         absl::Time to, size_t limit) const override;
  absl::Status ReadRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from, absl::Time to,
                        Visit visit) const override;
  IntervalIndex sealed_through() const override { return sealed_through_; }

  size_t series_count() const { return catalog_.size(); }

 private:
  static constexpr uint8_t kResolution = 1;

  Ledger(Database& database, Options options);
  absl::Status LoadCatalog(absl::Time now);
  absl::Status LoadTotals(WindowBookState& state) const;
  absl::Status LoadManifests(WindowBookState& state) const;
  absl::Status LoadControl(WindowBookState& state) const;
  void PutRows(const CommitPlan& plan, rocksdb::WriteBatch& batch);
  void PutTotals(const CommitPlan& plan, rocksdb::WriteBatch& batch);
  RowKey KeyOf(const Row& row, rocksdb::WriteBatch& batch);
  // The intervals that end in (from, to].
  Lifetime IntervalsEnding(absl::Time from, absl::Time to) const;
  KeyId InternKey(const SharedSeriesKey& key, IntervalIndex interval, rocksdb::WriteBatch& batch);
  absl::Status ReadBlock(uint32_t block, KeyId id, const SharedSeriesKey& key, IntervalIndex first, IntervalIndex last,
                         Visit visit, bool& stopped) const;
  uint32_t BlockOf(IntervalIndex interval) const { return static_cast<uint32_t>(interval / per_block_); }

  Database& database_;
  const Options options_;
  std::atomic<int64_t> retention_seconds_;
  const IntervalScale scale_;
  const int64_t per_block_;  // intervals
  const uint16_t emitter_;
  SeriesCatalog catalog_;
  std::atomic<IntervalIndex> sealed_through_{0};
  std::atomic<uint32_t> first_block_{0};  // readers look at nothing before: its files may be half gone
};

}  // namespace tributary
