#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/aggregate/row.h"
#include "common/base/mutex.h"
#include "common/sink/row_source.h"
#include "global/store/database.h"

namespace tributary {

// Committed rows and events on their way to the sinks: written with the commit, read by every sink at its own pace,
// deleted when all have passed. Committed = acknowledged + queued + dropped, in items, for each sink.
//
// Shape:   entries of up to kItemsPerEntry rows, or events, numbered in the order of commits; a cursor per sink names
// the first
//          entry it has not acknowledged. Cursors survive a restart; a sink that is new starts with what comes next.
// Bounds:  `max_bytes` of entries. Above it the oldest that no feeder has in hand are dropped, for every sink that has
//          not passed them; counted.
// Errors:  an entry that cannot be read is dropped, counted and told in the log.
// Threads: thread-safe; Put and Written by one thread at a time, each source by one feeder.
class Outbox {
 public:
  static constexpr size_t kItemsPerEntry = 4096;
  struct Stats {             // rows and events, of one sink
    uint64_t committed = 0;  // since the start; with what was queued then
    uint64_t acknowledged = 0;
    uint64_t queued = 0;
    uint64_t dropped = 0;
  };
  struct Entry {
    uint64_t sequence = 0;
    uint64_t items = 0;
    uint64_t bytes = 0;
  };

  // `database` outlives the outbox. Cursors of sinks that are not named are forgotten.
  static absl::StatusOr<std::unique_ptr<Outbox>> Open(Database& database, uint64_t max_bytes,
                                                      const std::vector<std::string>& sinks);
  ~Outbox();

  // Adds the rows, then the events, of a commit to its batch, in their order; Written after the batch is on disk makes
  // them visible.
  std::vector<Entry> Put(absl::Span<const Row* const> rows, absl::Span<const Event* const> events,
                         rocksdb::WriteBatch& batch);
  void Written(const std::vector<Entry>& entries);

  // One per sink of Open; lives as long as the outbox.
  RowSource& SourceFor(const std::string& sink);
  Stats StatsOf(const std::string& sink) const;
  uint64_t bytes() const;

 private:
  class Source;
  Outbox(Database& database, uint64_t max_bytes);
  absl::Status Load(const std::vector<std::string>& sinks);
  absl::Status LoadEntries() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status LoadCursors(const std::vector<std::string>& sinks);

  template <class Item>
  void PutParts(absl::Span<const Item* const> items, std::vector<Entry>& entries, rocksdb::WriteBatch& batch);
  std::optional<RowBatch> Next(Source& source, absl::Duration wait);
  void Acknowledge(Source& source, uint64_t sequence);
  std::optional<Entry> TakeNext(Source& source, absl::Duration wait) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<RowBatch> Read(uint64_t sequence) const;
  void Discard(Source& source, const Entry& entry) ABSL_LOCKS_EXCLUDED(mutex_);
  // Deletes what all have passed, and what is over the bound.
  void Trim(rocksdb::WriteBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(std::deque<Entry>::iterator entry, rocksdb::WriteBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::deque<Entry>::iterator FirstFor(const Source& source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsInHand(uint64_t sequence) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Database& database_;
  const uint64_t max_bytes_;
  mutable Mutex mutex_;
  CondVar written_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by sequence
  uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t next_sequence_ = 1;  // of Put's thread
  std::map<std::string, std::unique_ptr<Source>> sources_;
};

}  // namespace tributary
