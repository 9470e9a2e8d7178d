#pragma once

#include <vector>

#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// What an agent has of one interval, now that it is over.
struct ClosedInterval {
  IntervalIndex interval = 0;
  std::vector<v1::Block> blocks;  // main units, by partition
  v1::Marker marker;              // says which partitions have one; Marker.dropped is left to the receiver
  // Of earlier intervals: samples that clients have dated back.
  std::vector<v1::Block> late_blocks;
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
