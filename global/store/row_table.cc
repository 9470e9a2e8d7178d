#include "global/store/row_table.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/status.h"
#include "global/store/rocks.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace tributary {

// What the emitters have of one series, interval and version.
struct RowTable::Found {
  std::vector<std::pair<Row, IntervalMask>> rows;

  // The one made from most; rolled-up ones that share no interval add up.
  std::pair<Row, IntervalMask> Resolve(bool is_rolled_up) {
    std::stable_sort(rows.begin(), rows.end(), [is_rolled_up](const auto& a, const auto& b) {
      return is_rolled_up ? a.second.Count() > b.second.Count() : a.first.contributors > b.first.contributors;
    });
    auto [row, covered] = std::move(rows.front());
    for (size_t i = 1; is_rolled_up && i < rows.size(); ++i) {
      const auto& [other, other_covered] = rows[i];
      if (covered.Meets(other_covered)) continue;
      covered |= other_covered;
      MergeInto(row.value, other.value);
      row.partial |= other.partial;
      row.approximate_order |= other.approximate_order;
      row.coverage = std::min(row.coverage, other.coverage);
      row.contributors = std::max(row.contributors, other.contributors);
    }
    rows.clear();
    return {std::move(row), std::move(covered)};
  }
};

RowTable::RowTable(Database& database, const SeriesCatalog& catalog, const Shape& shape, uint16_t emitter,
                   double compression)
    : database_(database),
      catalog_(catalog),
      shape_(shape),
      scale_(shape.length),
      per_block_(shape.block / shape.length),
      emitter_(emitter),
      compression_(compression) {
  TRIBUTARY_CHECK(per_block_ > 0 && per_block_ <= UINT16_MAX);
}

RowKey RowTable::KeyOf(KeyId id, IntervalIndex interval, uint32_t version) const {
  RowKey key;
  key.resolution = shape_.code;
  key.block = BlockOf(interval);
  key.series = id;
  key.offset = static_cast<uint16_t>(interval % per_block_);
  key.version = static_cast<uint8_t>(version);
  key.emitter = emitter_;
  return key;
}

void RowTable::Put(rocksdb::WriteBatch& batch, KeyId id, const Row& row, const IntervalMask& covered) const {
  const std::string key = KeyOf(id, row.interval, row.version).Encode();
  const std::string value = EncodeRow(row, compression_);
  database_.Put(batch, Column::kRows, key,
                shape_.intervals == 1 ? value : EncodeRollup(covered, shape_.intervals, value));
}

void RowTable::Delete(rocksdb::WriteBatch& batch, KeyId id, IntervalIndex interval) const {
  database_.Delete(batch, Column::kRows, KeyOf(id, interval, 1).Encode());
}

void RowTable::RaiseFloor(IntervalIndex interval) {
  first_block_ = std::max(first_block_.load(), BlockOf(std::max<IntervalIndex>(interval, 0)));
}

absl::StatusOr<bool> RowTable::DropBefore(IntervalIndex interval, rocksdb::WriteBatch& batch) {
  RaiseFloor(interval);
  if (first_block_ <= dropped_before_) return false;
  dropped_before_ = first_block_;
  const std::string from = BlockPrefix(shape_.code, 0), to = BlockPrefix(shape_.code, dropped_before_);
  TRIBUTARY_RETURN_IF_ERROR(database_.DropFiles(Column::kRows, from, to));
  database_.DeleteRange(batch, Column::kRows, from, to);
  return true;
}

absl::StatusOr<Row> RowTable::Decode(const Shape& shape, const RowKey& at, absl::string_view value,
                                     const SharedSeriesKey& key, IntervalMask& covered, HandoverId* handover) {
  if (shape.intervals > 1) {
    TRIBUTARY_ASSIGN_OR_RETURN(value, DecodeRollup(value, shape.intervals, covered));
  }
  return DecodeRow(value, key, IntervalOf(shape, at), at.version, handover);
}

std::string RowTable::Mark(const Shape& shape, absl::string_view value, HandoverId handover) {
  if (shape.intervals == 1) return MarkRow(value, handover);
  IntervalMask covered;
  const auto row = DecodeRollup(value, shape.intervals, covered);
  TRIBUTARY_CHECK(row.ok());
  return EncodeRollup(covered, shape.intervals, MarkRow(*row, handover));
}

// Goes over what one series has in one block.
class RowTable::SeriesVisitor {
 public:
  SeriesVisitor(const RowTable& table, const Lifetime& intervals, const HiddenRows& hidden, Visit visit)
      : table_(table), intervals_(intervals), hidden_(hidden), visit_(visit) {
    rocksdb::ReadOptions options;
    options.prefix_same_as_start = true;
    iterator_ = table.database_.NewIterator(Column::kRows, options);
  }

  bool stopped() const { return stopped_; }

  absl::Status Visit(uint32_t block, KeyId id, const SharedSeriesKey& key) {
    const IntervalIndex start = block * table_.per_block_;
    RowKey from{table_.shape_.code, block, id, 0, 0, 0};
    from.offset = static_cast<uint16_t>(std::max<IntervalIndex>(intervals_.first - start, 0));
    RowKey last;
    for (iterator_->Seek(ToSlice(from.Encode())); iterator_->Valid() && !stopped_; iterator_->Next()) {
      const auto at = RowKey::Decode(ToView(iterator_->key()));
      if (!at) return absl::DataLossError("the store's rows cannot be read");
      if (start + at->offset > intervals_.last) break;
      if (at->offset != last.offset || at->version != last.version) Flush(id);
      last = *at;
      if (!stopped_) TRIBUTARY_RETURN_IF_ERROR(Add(*at, key));
    }
    if (!stopped_) Flush(id);
    return FromRocks(iterator_->status(), "reading rows");
  }

 private:
  absl::Status Add(const RowKey& at, const SharedSeriesKey& key) {
    IntervalMask covered;
    HandoverId handover = 0;
    TRIBUTARY_ASSIGN_OR_RETURN(Row row, Decode(table_.shape_, at, ToView(iterator_->value()), key, covered,
                                               hidden_.handovers.empty() ? nullptr : &handover));
    if (!hidden_.Hides(handover)) found_.rows.emplace_back(std::move(row), std::move(covered));
    return absl::OkStatus();
  }
  void Flush(KeyId id) {
    if (found_.rows.empty()) return;
    const auto [row, covered] = found_.Resolve(table_.shape_.intervals > 1);
    stopped_ = !visit_(id, row, covered);
  }

  const RowTable& table_;
  const Lifetime intervals_;
  const HiddenRows& hidden_;
  const RowTable::Visit visit_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  Found found_;
  bool stopped_ = false;
};

absl::Status RowTable::Read(absl::Span<const KeyId> series, const Lifetime& intervals, const HiddenRows& hidden,
                            RowTable::Visit visit) const {
  if (hidden.all) return absl::OkStatus();
  const IntervalIndex last = std::min<IntervalIndex>(intervals.last, IntervalIndex{UINT32_MAX} * per_block_);
  SeriesVisitor visitor(*this, {intervals.first, last}, hidden, visit);
  for (IntervalIndex block =
           std::max<IntervalIndex>(BlockOf(std::max<IntervalIndex>(intervals.first, 0)), first_block_);
       block * per_block_ <= last; ++block) {
    for (const KeyId id : series) {
      const auto key = catalog_.Find(id);
      if (!key) continue;
      TRIBUTARY_RETURN_IF_ERROR(visitor.Visit(static_cast<uint32_t>(block), id, *key));
      if (visitor.stopped()) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<IntervalIndex>> RowTable::First() const {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  const auto iterator = database_.NewIterator(Column::kRows, options);
  iterator->Seek(ToSlice(BlockPrefix(shape_.code, 0)));
  TRIBUTARY_RETURN_IF_ERROR(FromRocks(iterator->status(), "reading rows"));
  if (!iterator->Valid()) return std::optional<IntervalIndex>();
  const auto at = RowKey::Decode(ToView(iterator->key()));
  if (!at) return absl::DataLossError("the store's rows cannot be read");
  if (at->resolution != shape_.code) return std::optional<IntervalIndex>();
  return std::optional<IntervalIndex>(at->block * per_block_);
}

// A rollup no longer than the interval is none.
std::vector<RowTable::Shape> RowShapes(absl::Duration interval) {
  const auto times = [interval](absl::Duration length) { return static_cast<int>(length / interval); };
  std::vector<RowTable::Shape> shapes = {{1, interval, absl::Hours(2), 1}};
  if (interval < absl::Minutes(1)) shapes.push_back({2, absl::Minutes(1), absl::Hours(24), times(absl::Minutes(1))});
  shapes.push_back({3, absl::Hours(1), absl::Hours(24 * 30), times(absl::Hours(1))});
  return shapes;
}

}  // namespace tributary
