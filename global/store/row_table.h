#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/interval.h"
#include "global/store/database.h"
#include "global/store/handover_log.h"
#include "global/store/ledger_codec.h"
#include "global/store/row_reader.h"
#include "global/store/series_catalog.h"

namespace tributary {

// The rows of one length of interval: of the cluster's own, or rolled up from shorter ones.
//
// Blocks:   a stretch of time lies together by series and is dropped together; readers look at nothing before the
//           floor, for its files may be half gone.
// Emitters: rows that several nodes wrote of one series, interval and version are read as one. Of the cluster's own
//           length: the one made from most instances. Rolled up: the one with most intervals, and with it those that
//           have none of the same.
// Threads:  readers are thread-safe; Put, Delete and DropBefore are the writer's.
class RowTable {
 public:
  struct Shape {
    uint8_t code = 1;  // in the keys; 1: the cluster's interval
    absl::Duration length = absl::Seconds(10);
    absl::Duration block = absl::Hours(2);
    int intervals = 1;  // of the cluster, in each of these
  };
  // `database` and `catalog` outlive it.
  RowTable(Database& database, const SeriesCatalog& catalog, const Shape& shape, uint16_t emitter, double compression);

  const Shape& shape() const { return shape_; }
  const IntervalScale& scale() const { return scale_; }
  IntervalIndex floor() const { return first_block_.load() * int64_t{per_block_}; }

  // `covered`: which of the cluster's intervals a rolled-up row has.
  void Put(rocksdb::WriteBatch& batch, KeyId id, const Row& row, const IntervalMask& covered = {}) const;
  // This node's version 1.
  void Delete(rocksdb::WriteBatch& batch, KeyId id, IntervalIndex interval) const;
  // Raises the floor to the block that `interval` is in.
  void RaiseFloor(IntervalIndex interval);
  // The same, and gives up what lies below. True when that was anything new.
  absl::StatusOr<bool> DropBefore(IntervalIndex interval, rocksdb::WriteBatch& batch);

  // What Put wrote; DataLoss for anything else. `handover`, if any, is told which brought the row, or 0.
  static absl::StatusOr<Row> Decode(const Shape& shape, const RowKey& at, absl::string_view value,
                                    const SharedSeriesKey& key, IntervalMask& covered, HandoverId* handover = nullptr);
  // The same as a row that `handover` brought. REQUIRES: Decode takes it.
  static std::string Mark(const Shape& shape, absl::string_view value, HandoverId handover);
  static IntervalIndex IntervalOf(const Shape& shape, const RowKey& at) {
    return at.block * (shape.block / shape.length) + at.offset;
  }

  // Of `series`, ascending, those in `intervals` that are not hidden; as RowReader::ReadRows.
  using Visit = absl::FunctionRef<bool(KeyId, const Row&, const IntervalMask& covered)>;
  absl::Status Read(absl::Span<const KeyId> series, const Lifetime& intervals, const HiddenRows& hidden,
                    Visit visit) const;
  // The first interval that may have rows, or none.
  absl::StatusOr<std::optional<IntervalIndex>> First() const;

  RowKey KeyOf(KeyId id, IntervalIndex interval, uint32_t version) const;
  uint16_t emitter() const { return emitter_; }

 private:
  struct Found;
  class SeriesVisitor;
  uint32_t BlockOf(IntervalIndex interval) const { return static_cast<uint32_t>(interval / per_block_); }

  Database& database_;
  const SeriesCatalog& catalog_;
  const Shape shape_;
  const IntervalScale scale_;
  const int64_t per_block_;  // intervals
  const uint16_t emitter_;
  const double compression_;
  std::atomic<uint32_t> first_block_{0};
  uint32_t dropped_before_ = 0;  // this block; the writer's
};

// Of a cluster with this interval: rows of that first, then those rolled up, ascending.
std::vector<RowTable::Shape> RowShapes(absl::Duration interval);

}  // namespace tributary
