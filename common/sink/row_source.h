#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/aggregate/row.h"

namespace tributary {

// Some rows or events of one source, at least one.
struct RowBatch {
  uint64_t sequence = 0;      // rises from batch to batch of the same source
  std::vector<Row> rows;      // the intervals of one series in their order, here and from batch to batch
  std::vector<Event> events;  // in no order

  size_t size() const { return rows.size() + events.size(); }
};

// What one feeder reads: a queue of batches with one reader. Implemented by the owner's outbox (each sink has its own
// cursor there) and by MemoryRowQueue.
//
// A source is bounded and counts what it drops for that; but a batch that Next handed out is never dropped before it is
// acknowledged, so that no row is counted twice. A durable source hands out what was not acknowledged again after a
// restart. Thread-safe.
class RowSource {
 public:
  virtual ~RowSource() = default;

  // The oldest batch; waits up to `wait` for one. REQUIRES: the batch before it is acknowledged.
  virtual std::optional<RowBatch> Next(absl::Duration wait) = 0;

  // Every row of the batch is settled; the source may forget it.
  virtual void Acknowledge(uint64_t sequence) = 0;
};

}  // namespace tributary
