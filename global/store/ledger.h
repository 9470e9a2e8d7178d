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
#include "global/store/handover_log.h"
#include "global/store/history_reader.h"
#include "global/store/ledger_codec.h"
#include "global/store/rollup.h"
#include "global/store/row_reader.h"
#include "global/store/row_table.h"
#include "global/store/series_catalog.h"

namespace tributary {

// What an owner has committed: rows for queries, and what the window book has to know after a restart.
//
// Rows:      of the cluster's interval as they were committed; rolled up from these, of one minute, and from those of
//            one hour. Each length has its blocks, and a retention of its own.
// Commits:   Put writes a plan into a batch; the caller adds the outbox, writes it durably, and tells Written. RollUp
//            makes longer rows in between, in batches of its own.
// Threads:   as RowReader is; Put, Written, RollUp and DropOld are called by one thread at a time.
class Ledger : public RowReader {
 public:
  // Of rows, by length; whole blocks. Ascending.
  struct Retention {
    absl::Duration raw = absl::Hours(24);
    absl::Duration minutes = absl::Hours(24 * 7);
    absl::Duration hours = absl::Hours(24 * 180);
  };
  struct Options {
    absl::Duration interval = absl::Seconds(10);
    std::string node_id;
    Retention retention = {};
    double compression = 100;    // of stored digests
    size_t max_stale = 1 << 20;  // of each rollup
  };
  // Reads the series. `database` outlives the ledger.
  static absl::StatusOr<std::unique_ptr<Ledger>> Open(Database& database, Options options, absl::Time now);

  // What the book goes on with.
  absl::StatusOr<WindowBookState> LoadState() const;

  void Put(const CommitPlan& plan, rocksdb::WriteBatch& batch);
  void Written(const CommitPlan& plan) { sealed_through_ = plan.sealed_through; }

  // Reads up to about `max_rows` rows and writes what they make together. False when there was nothing to do. After
  // an error nothing may be written any more, as after one of a commit. `is_last`: nothing will follow what is sealed,
  // so the windows that it ends in are made too.
  absl::StatusOr<bool> RollUp(size_t max_rows, bool is_last = false);

  // A row that another store holds, hidden as long as the hand-over is. `from` is its key there; false, and nothing is
  // put, when it cannot be read, is beyond the retention, or one made from more is here. REQUIRES: handovers() has it.
  bool Take(const SharedSeriesKey& key, const RowKey& from, absl::string_view value, HandoverId handover,
            rocksdb::WriteBatch& batch);
  HandoverLog& handovers() const { return *handovers_; }
  // Every row that is not hidden, from the one behind the key `after` on (empty: the first), of all lengths.
  std::unique_ptr<HistoryReader> ReadHistory(absl::string_view after) const;

  // A row as another store, or this one, has it: put under its own version and emitter, unless one made from as much is
  // there. Whether it was put; DataLoss for a value that is none.
  absl::StatusOr<bool> Import(const SharedSeriesKey& key, const RowKey& from, absl::string_view value,
                              rocksdb::WriteBatch& batch);

  // Instead of the option's. Any thread.
  void SetRetention(const Retention& retention);
  // Rows beyond the retention, their series, and manifests of intervals before `manifests_from`.
  absl::Status DropOld(absl::Time now, IntervalIndex manifests_from);

  std::vector<absl::Duration> Resolutions() const override;
  absl::Duration ResolutionFor(absl::Time from) const override;
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
  absl::Status ReadVisibleRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from,
                               absl::Time to, const HiddenRows& hidden, Visit visit) const override;
  IntervalIndex sealed_through() const override { return sealed_through_; }

  size_t series_count() const { return catalog_.size(); }
  // Rows of all lengths, about; what is in memory only is not among them.
  double RowsOnDisk() const;
  // By length, ascending; of the rollups.
  struct RollupState {
    absl::Duration length;
    absl::Time through;
    size_t stale = 0;
    uint64_t rows_made = 0;
    uint64_t rewinds = 0;
  };
  std::vector<RollupState> Rollups() const;
  // What the rows of one length will take once their retention has passed, if there are as many series then as have
  // rows now and rows are as large as those on disk (or as is usual, when there are none yet).
  struct Projection {
    absl::Duration length;
    absl::Duration retention;
    double bytes_per_row = 0;
    double bytes = 0;
  };
  std::vector<Projection> Project() const;

 private:
  Ledger(Database& database, Options options, std::unique_ptr<HandoverLog> handovers);
  absl::Status LoadCatalog(absl::Time now);
  absl::Status LoadTotals(WindowBookState& state) const;
  absl::Status LoadManifests(WindowBookState& state) const;
  absl::Status LoadControl(WindowBookState& state) const;
  void PutRows(const CommitPlan& plan, rocksdb::WriteBatch& batch);
  void PutTotals(const CommitPlan& plan, rocksdb::WriteBatch& batch);
  const RowTable* TableOf(uint8_t resolution) const;
  KeyId InternKey(const SharedSeriesKey& key, IntervalIndex interval, rocksdb::WriteBatch& batch);
  void ForgetSeries(rocksdb::WriteBatch& batch);
  // The first interval that the retention keeps, and that no rollup needs.
  IntervalIndex KeepFrom(size_t table, absl::Time now) const;
  // The intervals that end in (from, to].
  static Lifetime IntervalsEnding(const IntervalScale& scale, absl::Time from, absl::Time to);

  Database& database_;
  const Options options_;
  SeriesCatalog catalog_;
  std::unique_ptr<HandoverLog> handovers_;
  std::vector<std::unique_ptr<RowTable>> tables_;        // by length; the first is of the cluster's interval
  std::vector<std::unique_ptr<Rollup>> rollups_;         // of tables_[i] into tables_[i + 1]
  std::vector<std::atomic<int64_t>> retention_seconds_;  // of tables_[i]
  std::atomic<IntervalIndex> sealed_through_{0};
};

}  // namespace tributary
