#include "global/store/rollup.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/aggregate/aggregate_merger.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

// Names a shorter row to the merger.
InstanceId SourceOf(const Row& row) {
  std::string bytes;
  ByteWriter out(bytes);
  out.U64(static_cast<uint64_t>(row.interval));
  out.U64(row.version);
  return *InstanceId::FromBytes(bytes);
}

}  // namespace

// One series' row in the making.
struct Rollup::Merging {
  AggregateMerger merger;
  Row row;
  IntervalMask covered;
};

Rollup::Rollup(Database& database, const SeriesCatalog& catalog, const RowTable& from, const RowTable& to,
               const Options& options)
    : database_(database),
      catalog_(catalog),
      from_(from),
      to_(to),
      options_(options),
      ratio_(to.shape().length / from.shape().length) {}

std::string Rollup::ProgressKey(const RowTable::Shape& shape) { return RollupProgressKey(shape.code); }

absl::Status Rollup::Load() {
  TRIBUTARY_ASSIGN_OR_RETURN(const auto progress, database_.Get(Column::kControl, ProgressKey(to_.shape())));
  if (progress) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(*progress, ' ');
    IntervalIndex through = 0;
    if (!absl::SimpleAtoi(parts.first, &through) || !absl::SimpleAtoi(parts.second, &furthest_)) {
      return absl::DataLossError("the store's rollups cannot be read");
    }
    done_through_ = next_done_through_ = through;
    has_begun_ = true;
  }
  furthest_ = std::max(furthest_, next_done_through_ + 1);  // which a crash may have cut short
  TRIBUTARY_RETURN_IF_ERROR(
      database_.ForEach(Column::kStale, [&](absl::string_view key, absl::string_view) -> absl::Status {
        const auto row = DecodeStaleRow(key);
        if (!row) return absl::DataLossError("the store's list of stale rows cannot be read");
        if (row->resolution == to_.shape().code) stale_.emplace(row->interval, row->series);
        return absl::OkStatus();
      }));
  stale_count_ = stale_.size();
  return absl::OkStatus();
}

void Rollup::Changed(KeyId id, IntervalIndex shorter, rocksdb::WriteBatch& batch) {
  const IntervalIndex window = WindowOf(shorter);
  const bool is_begun =
      window <= next_done_through_ || (window == next_done_through_ + 1 && window_series_.has_value());
  if (!has_begun_ || !is_begun || !stale_.emplace(window, id).second) return;
  database_.Put(batch, Column::kStale, EncodeStaleRow({to_.shape().code, window, id}), "");
  if (stale_.size() > options_.max_stale) Rewind(batch);
  stale_count_ = stale_.size();
}

void Rollup::Rewind(rocksdb::WriteBatch& batch) {
  next_done_through_ = stale_.begin()->first - 1;
  done_through_ = next_done_through_;  // readers may take shorter rows a little early
  stale_.clear();
  window_series_.reset();
  ++rewinds_;
  database_.DeleteRange(batch, Column::kStale, EncodeStaleRow({to_.shape().code, 0, 0}),
                        EncodeStaleRow({static_cast<uint8_t>(to_.shape().code + 1), 0, 0}));
  PutProgress(batch);
}

void Rollup::PutProgress(rocksdb::WriteBatch& batch) const {
  database_.Put(batch, Column::kControl, ProgressKey(to_.shape()), absl::StrCat(next_done_through_, " ", furthest_));
}

IntervalIndex Rollup::needed_from() const {
  const IntervalIndex next = next_done_through_ + 1;
  return (stale_.empty() ? next : std::min(next, stale_.begin()->first)) * ratio_;
}

absl::StatusOr<bool> Rollup::Step(IntervalIndex sealed_shorter, size_t max_rows, rocksdb::WriteBatch& batch,
                                  Made made) {
  if (!has_begun_) TRIBUTARY_RETURN_IF_ERROR(Begin(sealed_shorter));
  if (!has_begun_) return false;
  const size_t max_series = std::max<size_t>(1, max_rows / static_cast<size_t>(ratio_));
  if (!stale_.empty()) {
    TRIBUTARY_RETURN_IF_ERROR(StepStale(max_series, batch, made));
    return true;
  }
  if ((next_done_through_ + 2) * ratio_ - 1 > sealed_shorter) return false;
  TRIBUTARY_RETURN_IF_ERROR(StepWindow(max_series, batch, made));
  return true;
}

// With the first rows there are.
absl::Status Rollup::Begin(IntervalIndex sealed_shorter) {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<IntervalIndex> first, from_.First());
  if (!first) return absl::OkStatus();
  next_done_through_ = WindowOf(std::min(*first, sealed_shorter)) - 1;
  done_through_ = furthest_ = next_done_through_;
  has_begun_ = true;
  return absl::OkStatus();
}

absl::Status Rollup::StepStale(size_t max_series, rocksdb::WriteBatch& batch, Made made) {
  const IntervalIndex window = stale_.begin()->first;
  std::vector<KeyId> series;
  while (!stale_.empty() && stale_.begin()->first == window && series.size() < max_series) {
    series.push_back(stale_.begin()->second);
    database_.Delete(batch, Column::kStale, EncodeStaleRow({to_.shape().code, window, series.back()}));
    stale_.erase(stale_.begin());
  }
  stale_count_ = stale_.size();
  // What shorter rows no longer tell stays as it is.
  if (window * ratio_ < from_.floor()) return absl::OkStatus();
  return Make(window, series, batch, made);
}

absl::Status Rollup::StepWindow(size_t max_series, rocksdb::WriteBatch& batch, Made made) {
  const IntervalIndex window = next_done_through_ + 1;
  if (!window_series_) {
    const IntervalIndex per_window = to_.shape().intervals;
    window_series_ = catalog_.Ids({window * per_window, (window + 1) * per_window - 1});
    window_next_ = 0;
  }
  const auto rest = absl::MakeConstSpan(*window_series_).subspan(window_next_);
  const auto series = rest.first(std::min(rest.size(), max_series));
  TRIBUTARY_RETURN_IF_ERROR(Make(window, series, batch, made));
  window_next_ += series.size();
  if (window_next_ < window_series_->size()) return absl::OkStatus();
  window_series_.reset();
  next_done_through_ = window;
  furthest_ = std::max(furthest_, window);
  PutProgress(batch);
  return absl::OkStatus();
}

absl::Status Rollup::Make(IntervalIndex window, absl::Span<const KeyId> series, rocksdb::WriteBatch& batch, Made made) {
  std::map<KeyId, Merging> merging;
  const int shorter_intervals = from_.shape().intervals;
  const auto add = [&](KeyId id, const Row& row, const IntervalMask& covered) {
    auto at = merging.find(id);
    if (at == merging.end()) {
      Merging begun{AggregateMerger(row.key->type, {.compression = options_.compression}),
                    {},
                    IntervalMask(to_.shape().intervals)};
      begun.row.key = row.key;
      begun.row.interval = window;
      at = merging.emplace(id, std::move(begun)).first;
    }
    Merging& into = at->second;
    into.merger.Add(row.value, SourceOf(row));
    into.row.partial |= row.partial;
    into.row.approximate_order |= row.approximate_order;
    into.row.coverage = std::min(into.row.coverage, row.coverage);
    into.row.contributors = std::max(into.row.contributors, row.contributors);
    const int place = static_cast<int>(row.interval - window * ratio_);
    if (shorter_intervals == 1) {
      into.covered.Set(place);
    } else {
      into.covered.SetFrom(covered, shorter_intervals, place * shorter_intervals);
    }
    return true;
  };
  const HiddenRows hidden = options_.handovers == nullptr ? HiddenRows() : options_.handovers->Hidden();
  TRIBUTARY_RETURN_IF_ERROR(from_.Read(series, {window * ratio_, (window + 1) * ratio_ - 1}, hidden, add));
  for (const KeyId id : series) {
    const auto at = merging.find(id);
    if (at == merging.end() && window > furthest_) continue;
    if (at == merging.end()) {
      to_.Delete(batch, id, window);
    } else {
      at->second.row.value = at->second.merger.Finish();
      to_.Put(batch, id, at->second.row, at->second.covered);
      ++rows_made_;
    }
    made(id, window);
  }
  return absl::OkStatus();
}

}  // namespace tributary
