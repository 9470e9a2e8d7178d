#pragma once

#include <deque>

#include "absl/base/thread_annotations.h"
#include "common/base/mutex.h"
#include "common/sink/row_source.h"

namespace tributary {

// What a row occupies in memory, within a few percent; for bounds.
size_t MemoryBytes(const Row& row);

// A RowSource that forgets at exit: feeds the sinks of series that are emitted where they were received.
//
// Bounds:  `max_bytes` of rows, the batch that is handed out included. Above it the oldest batches that are not handed
//          out are dropped, the newest of all last; a batch that cannot fit is dropped itself. Stats counts it.
// Threads: thread-safe.
class MemoryRowQueue : public RowSource {
 public:
  struct Stats {
    uint64_t rows_appended = 0;  // = acknowledged + dropped + queued
    uint64_t rows_acknowledged = 0;
    uint64_t rows_dropped = 0;  // for want of room
    uint64_t rows_queued = 0;   // now; the batch that is handed out included
    uint64_t bytes_queued = 0;  // now
  };

  explicit MemoryRowQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Append(std::vector<Row> rows);
  std::optional<RowBatch> Next(absl::Duration wait) override;
  void Acknowledge(uint64_t sequence) override;
  Stats stats() const;

 private:
  struct Entry {
    RowBatch batch;  // its rows are moved out when it is handed out
    size_t rows = 0;
    size_t bytes = 0;
  };

  void DropOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(std::deque<Entry>::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;
  mutable Mutex mutex_;
  CondVar appended_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  bool front_is_out_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 1;
  Stats stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
