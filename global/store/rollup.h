#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/interval.h"
#include "global/store/database.h"
#include "global/store/handover_log.h"
#include "global/store/ledger_codec.h"
#include "global/store/row_table.h"
#include "global/store/series_catalog.h"

namespace tributary {

// Makes the rows of one length from the rows of the next shorter one, a stretch of series at a time, once these are
// sealed. What it makes is a function of the shorter rows in the store and overwrites what was there: done twice, or
// again after a crash, it is the same.
//
// Progress: `done_through` is on disk, ahead of none of its rows; a window that a crash cuts short is made again whole.
// Changes:  a shorter row that comes, or goes, when its window is done marks the rolled-up one stale, in the same
// batch;
//           the mark goes with the row made anew. Above `max_stale` marks the windows are made again from the first of
//           them instead, and until that is done readers take shorter rows.
// Merge:    versions and shorter rows merge as an owner merges units; partial if one was, the least coverage, the most
//           contributors, no running totals.
// Threads:  owned by the thread that writes the store; done_through and counts are for all.
class Rollup {
 public:
  struct Options {
    double compression = 100;
    size_t max_stale = 1 << 20;              // about 20 bytes each
    const HandoverLog* handovers = nullptr;  // which rows there are none of; null: all are
  };
  // All outlive it.
  Rollup(Database& database, const SeriesCatalog& catalog, const RowTable& from, const RowTable& to,
         const Options& options);

  absl::Status Load();
  // Of Column::kControl; done_through is the first of two numbers there.
  static std::string ProgressKey(const RowTable::Shape& shape);

  // A shorter row was put, or deleted, by `batch`.
  void Changed(KeyId id, IntervalIndex shorter, rocksdb::WriteBatch& batch);

  // Makes rows out of up to about `max_rows` shorter ones, when there is something to do; `made` is told of each that
  // was put or deleted. The caller writes the batch, and then tells Written.
  using Made = absl::FunctionRef<void(KeyId, IntervalIndex)>;
  absl::StatusOr<bool> Step(IntervalIndex sealed_shorter, size_t max_rows, rocksdb::WriteBatch& batch, Made made);
  void Written() { done_through_ = next_done_through_; }

  // The last interval whose rows are all made.
  IntervalIndex done_through() const { return done_through_; }
  const RowTable& table() const { return to_; }
  size_t stale() const { return stale_count_; }
  uint64_t rows_made() const { return rows_made_; }
  uint64_t rewinds() const { return rewinds_; }
  // The first of the shorter intervals that are still needed.
  IntervalIndex needed_from() const;

 private:
  struct Merging;

  IntervalIndex WindowOf(IntervalIndex shorter) const { return shorter / ratio_; }
  absl::Status Begin(IntervalIndex sealed_shorter);
  absl::Status StepStale(size_t max_series, rocksdb::WriteBatch& batch, Made made);
  absl::Status StepWindow(size_t max_series, rocksdb::WriteBatch& batch, Made made);
  absl::Status Make(IntervalIndex window, absl::Span<const KeyId> series, rocksdb::WriteBatch& batch, Made made);
  void Rewind(rocksdb::WriteBatch& batch);
  void PutProgress(rocksdb::WriteBatch& batch) const;

  Database& database_;
  const SeriesCatalog& catalog_;
  const RowTable& from_;
  const RowTable& to_;
  const Options options_;
  const int64_t ratio_;  // shorter intervals in a longer one

  bool has_begun_ = false;
  std::atomic<IntervalIndex> done_through_{-1};
  IntervalIndex next_done_through_ = -1;             // once the last batch is written
  IntervalIndex furthest_ = -1;                      // windows up to here may have rows already
  std::optional<std::vector<KeyId>> window_series_;  // of the window under way
  size_t window_next_ = 0;                           // among them
  absl::btree_set<std::pair<IntervalIndex, KeyId>> stale_;
  std::atomic<size_t> stale_count_{0};
  std::atomic<uint64_t> rows_made_{0};
  std::atomic<uint64_t> rewinds_{0};
};

}  // namespace tributary
