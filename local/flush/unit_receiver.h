#pragma once

#include <vector>

#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "local/shard/sample_counts.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// What an agent has of one interval, now that it is over; and what became of the samples it took since it closed the
// one before: accepted = dropped + local + in blocks and late blocks. Who adds them up has books that are exact as of
// any interval's close.
struct ClosedInterval {
  IntervalIndex interval = 0;
  std::vector<v1::Block> blocks;  // main units, by partition
  v1::Marker marker;              // says which partitions have one; drops and books are left to the receiver
  // Of earlier intervals: samples that clients have dated back.
  std::vector<v1::Block> late_blocks;
  SampleCounts counts;
  uint64_t local_samples = 0;  // given to the LocalRowReceiver, or to nobody
};

// Takes the intervals an agent has closed. Called on the flusher's thread, each interval once and in rising order.
class UnitReceiver {
 public:
  virtual ~UnitReceiver() = default;
  virtual void OnClosed(ClosedInterval closed) = 0;
};

// Takes the rows of local scope, for the agent's own sinks: version 1, or a later one marked late. Called on the
// flusher's thread, before OnClosed of the same interval.
class LocalRowReceiver {
 public:
  virtual ~LocalRowReceiver() = default;
  virtual void OnRows(std::vector<Row> rows) = 0;
};

}  // namespace tributary
