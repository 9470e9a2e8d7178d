#include "global/store/history_reader.h"

#include <algorithm>
#include <utility>

#include "global/store/rocks.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"

namespace tributary {

HistoryReader::HistoryReader(const Database& database, const SeriesCatalog& catalog,
                             std::vector<RowTable::Shape> shapes, std::vector<RowKey> floors, HiddenRows hidden,
                             absl::string_view after)
    : catalog_(catalog), shapes_(std::move(shapes)), floors_(std::move(floors)), hidden_(std::move(hidden)) {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  iterator_ = database.NewIterator(Column::kRows, options);
  if (after.empty()) {
    iterator_->SeekToFirst();
  } else {
    iterator_->Seek(ToSlice(after));
    if (iterator_->Valid() && ToView(iterator_->key()) == after) iterator_->Next();
  }
}

HistoryReader::~HistoryReader() = default;

bool HistoryReader::Next(Item& item) {
  if (hidden_.all || !status_.ok()) return false;
  while (true) {
    if (!std::exchange(is_first_, false)) iterator_->Next();
    if (!iterator_->Valid()) {
      status_ = FromRocks(iterator_->status(), "reading the history");
      return false;
    }
    const auto at = RowKey::Decode(ToView(iterator_->key()));
    if (!at) continue;
    if (last_id_ != at->series) last_series_ = catalog_.Find(at->series);
    last_id_ = at->series;
    const absl::string_view value = ToView(iterator_->value());
    if (!last_series_ || IsBelowFloor(*at) || IsHidden(*at, *last_series_, value)) continue;
    item = {*at, *last_series_, value};
    return true;
  }
}

bool HistoryReader::IsBelowFloor(const RowKey& at) const {
  return std::any_of(floors_.begin(), floors_.end(),
                     [&](const RowKey& floor) { return floor.resolution == at.resolution && at.block < floor.block; });
}

bool HistoryReader::IsHidden(const RowKey& at, const SharedSeriesKey& series, absl::string_view value) const {
  if (hidden_.handovers.empty()) return false;
  const auto shape =
      std::find_if(shapes_.begin(), shapes_.end(), [&](const auto& each) { return each.code == at.resolution; });
  HandoverId handover = 0;
  IntervalMask covered;
  return shape != shapes_.end() && RowTable::Decode(*shape, at, value, series, covered, &handover).ok() &&
         hidden_.Hides(handover);
}

}  // namespace tributary
