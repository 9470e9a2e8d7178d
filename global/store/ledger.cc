#include "global/store/ledger.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"
#include "global/store/rocks.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::Duration kBlockLength = absl::Hours(2);
constexpr absl::Duration kMaxTime = absl::Hours(24 * 365 * 100);  // since 1970; what is asked further is clamped
constexpr absl::string_view kRosterKey = "roster";
constexpr absl::string_view kSealedKey = "sealed_through";

absl::Status ForEach(const Database& database, Column column,
                     absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> visit) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const auto iterator = database.NewIterator(column, options);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    TRIBUTARY_RETURN_IF_ERROR(visit(ToView(iterator->key()), ToView(iterator->value())));
  }
  return FromRocks(iterator->status(), "reading the store");
}

absl::Status Unreadable(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the store's ", what, " cannot be read"));
}

}  // namespace

Ledger::Ledger(Database& database, Options options)
    : database_(database),
      options_(std::move(options)),
      retention_seconds_(absl::ToInt64Seconds(options_.retention)),
      scale_(options_.interval),
      per_block_(kBlockLength / options_.interval),
      emitter_(static_cast<uint16_t>(Xxh3Hash64(options_.node_id, 0))) {
  TRIBUTARY_CHECK(per_block_ > 0 && per_block_ <= UINT16_MAX);
}

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(Database& database, Options options, absl::Time now) {
  auto ledger = std::unique_ptr<Ledger>(new Ledger(database, std::move(options)));
  TRIBUTARY_RETURN_IF_ERROR(ledger->LoadCatalog(now));
  WindowBookState control;
  TRIBUTARY_RETURN_IF_ERROR(ledger->LoadControl(control));
  ledger->sealed_through_ = control.sealed_through.value_or(0);
  return ledger;
}

absl::Status Ledger::LoadCatalog(absl::Time now) {
  return ForEach(database_, Column::kKeys, [&](absl::string_view key, absl::string_view value) -> absl::Status {
    const auto id = DecodeKeyId(key);
    if (!id) return Unreadable("list of series");
    TRIBUTARY_ASSIGN_OR_RETURN(SeriesKey series, DecodeSeriesKey(value));
    catalog_.Restore(*id, std::move(series), {0, scale_.At(now)});
    return absl::OkStatus();
  });
}

absl::StatusOr<WindowBookState> Ledger::LoadState() const {
  WindowBookState state;
  TRIBUTARY_RETURN_IF_ERROR(LoadControl(state));
  TRIBUTARY_RETURN_IF_ERROR(LoadTotals(state));
  TRIBUTARY_RETURN_IF_ERROR(LoadManifests(state));
  return state;
}

absl::Status Ledger::LoadControl(WindowBookState& state) const {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<std::string> sealed, database_.Get(Column::kControl, kSealedKey));
  if (sealed) {
    IntervalIndex interval = 0;
    if (!absl::SimpleAtoi(*sealed, &interval)) return Unreadable("seal");
    state.sealed_through = interval;
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<std::string> roster, database_.Get(Column::kControl, kRosterKey));
  if (roster) {
    auto entries = DecodeRoster(*roster);
    if (!entries) return Unreadable("roster");
    state.roster = *std::move(entries);
  }
  return absl::OkStatus();
}

absl::Status Ledger::LoadTotals(WindowBookState& state) const {
  return ForEach(database_, Column::kTotals, [&](absl::string_view key, absl::string_view value) {
    const auto id = DecodeKeyId(key);
    auto total = DecodeTotal(value);
    if (!id || !total) return Unreadable("totals");
    const auto series = catalog_.Find(*id);
    if (!series) return absl::OkStatus();
    total->key = *series;
    state.totals.push_back(*std::move(total));
    return absl::OkStatus();
  });
}

absl::Status Ledger::LoadManifests(WindowBookState& state) const {
  return ForEach(database_, Column::kManifests, [&](absl::string_view key, absl::string_view value) {
    const auto name = DecodeManifestName(key);
    auto manifest = DecodeManifest(value);
    if (!name || !manifest) return Unreadable("manifests");
    state.manifests[{name->interval, name->partition}].push_back(*std::move(manifest));
    return absl::OkStatus();
  });
}

void Ledger::Put(const CommitPlan& plan, rocksdb::WriteBatch& batch) {
  for (const SeriesKey& key : plan.forgotten) {
    if (const auto id = catalog_.IdOf(key)) database_.Delete(batch, Column::kTotals, EncodeKeyId(*id));
  }
  PutRows(plan, batch);
  PutTotals(plan, batch);
  for (const WindowCommit& window : plan.windows) {
    database_.Put(batch, Column::kManifests,
                  EncodeManifestName({window.interval, window.partition, window.manifest.step}),
                  EncodeManifest(window.manifest));
  }
  if (plan.roster) database_.Put(batch, Column::kControl, kRosterKey, EncodeRoster(*plan.roster));
  database_.Put(batch, Column::kControl, kSealedKey, absl::StrCat(plan.sealed_through));
}

// In the order of their keys: RocksDB then finds the place of each beside that of the last, or finding places is half
// of a commit.
void Ledger::PutRows(const CommitPlan& plan, rocksdb::WriteBatch& batch) {
  std::vector<std::pair<RowKey, const Row*>> rows;
  for (const WindowCommit& window : plan.windows) {
    for (const Row& row : window.rows) rows.emplace_back(KeyOf(row, batch), &row);
  }
  std::sort(rows.begin(), rows.end());
  for (const auto& [key, row] : rows)
    database_.Put(batch, Column::kRows, key.Encode(), EncodeRow(*row, options_.compression));
}

RowKey Ledger::KeyOf(const Row& row, rocksdb::WriteBatch& batch) {
  RowKey key;
  key.resolution = kResolution;
  key.block = BlockOf(row.interval);
  key.series = InternKey(row.key, row.interval, batch);
  key.offset = static_cast<uint16_t>(row.interval % per_block_);
  key.version = static_cast<uint8_t>(row.version);
  key.emitter = emitter_;
  return key;
}

void Ledger::PutTotals(const CommitPlan& plan, rocksdb::WriteBatch& batch) {
  std::vector<std::pair<KeyId, const SeriesTotal*>> totals;
  totals.reserve(plan.totals.size());
  for (const SeriesTotal& total : plan.totals) {
    totals.emplace_back(InternKey(total.key, total.last_interval, batch), &total);
  }
  std::sort(totals.begin(), totals.end());
  for (const auto& [id, total] : totals) {
    database_.Put(batch, Column::kTotals, EncodeKeyId(id), EncodeTotal(*total));
  }
}

KeyId Ledger::InternKey(const SharedSeriesKey& key, IntervalIndex interval, rocksdb::WriteBatch& batch) {
  const SeriesCatalog::Interned interned = catalog_.Intern(key, interval);
  if (interned.is_new) database_.Put(batch, Column::kKeys, EncodeKeyId(interned.id), EncodeSeriesKey(key));
  return interned.id;
}

absl::Status Ledger::DropOld(absl::Time now, IntervalIndex manifests_from) {
  rocksdb::WriteBatch batch;
  database_.DeleteRange(batch, Column::kManifests, EncodeManifestName({0, 0, 0}),
                        EncodeManifestName({std::max<IntervalIndex>(manifests_from, 0), 0, 0}));
  const IntervalIndex oldest = scale_.At(now - absl::Seconds(retention_seconds_.load()));
  const uint32_t first_block = BlockOf(std::max<IntervalIndex>(oldest, 0));
  if (first_block > first_block_.exchange(first_block)) {
    const std::string from = BlockPrefix(kResolution, 0), to = BlockPrefix(kResolution, first_block);
    TRIBUTARY_RETURN_IF_ERROR(database_.DropFiles(Column::kRows, from, to));
    database_.DeleteRange(batch, Column::kRows, from, to);
    for (const KeyId id : catalog_.ForgetBefore(first_block * per_block_)) {
      database_.Delete(batch, Column::kKeys, EncodeKeyId(id));
      database_.Delete(batch, Column::kTotals, EncodeKeyId(id));
    }
  }
  return database_.Write(batch, false);
}

// The end of i lies in (from, to]: i + 1 is the first boundary after `from`.
Lifetime Ledger::IntervalsEnding(absl::Time from, absl::Time to) const {
  const absl::Time last = absl::UnixEpoch() + kMaxTime;
  return {scale_.At(std::clamp(from, absl::UnixEpoch(), last)), scale_.At(std::clamp(to, absl::UnixEpoch(), last)) - 1};
}

std::vector<KeptRows> Ledger::Kept() const {
  return {{options_.interval, scale_.Start(first_block_ * per_block_), scale_.End(sealed_through_)}};
}

FoundSeries Ledger::FindSeries(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                               size_t limit) const {
  return catalog_.FindByLabels(conditions, IntervalsEnding(from, to), limit);
}

FoundTexts Ledger::LabelNames(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                              size_t limit) const {
  return catalog_.LabelNames(conditions, IntervalsEnding(from, to), limit);
}

FoundTexts Ledger::LabelValues(absl::string_view label, absl::Span<const LabelCondition> conditions, absl::Time from,
                               absl::Time to, size_t limit) const {
  return catalog_.LabelValues(label, conditions, IntervalsEnding(from, to), limit);
}

absl::Status Ledger::ReadRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from, absl::Time to,
                              Visit visit) const {
  if (resolution != options_.interval) {
    return absl::InvalidArgumentError(absl::StrCat("no rows of ", absl::FormatDuration(resolution), " are kept"));
  }
  const auto [first, last] = IntervalsEnding(from, to);
  bool stopped = false;
  for (IntervalIndex block = std::max<IntervalIndex>(BlockOf(first), first_block_); block * per_block_ <= last;
       ++block) {
    for (const KeyId id : series) {
      const auto key = catalog_.Find(id);
      if (!key) continue;
      TRIBUTARY_RETURN_IF_ERROR(ReadBlock(static_cast<uint32_t>(block), id, *key, first, last, visit, stopped));
      if (stopped) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::Status Ledger::ReadBlock(uint32_t block, KeyId id, const SharedSeriesKey& key, IntervalIndex first,
                               IntervalIndex last, Visit visit, bool& stopped) const {
  rocksdb::ReadOptions options;
  options.prefix_same_as_start = true;
  const auto iterator = database_.NewIterator(Column::kRows, options);
  const IntervalIndex start = block * per_block_;
  RowKey from{kResolution, block, id, 0, 0, 0};
  from.offset = static_cast<uint16_t>(std::max<IntervalIndex>(first - start, 0));
  std::optional<Row> held;  // of several emitters of one version, the one with the larger set
  const auto flush = [&] {
    if (held && !visit(id, *held)) stopped = true;
    held.reset();
  };
  for (iterator->Seek(ToSlice(from.Encode())); iterator->Valid() && !stopped; iterator->Next()) {
    const auto at = RowKey::Decode(ToView(iterator->key()));
    if (!at) return Unreadable("rows");
    if (start + at->offset > last) break;
    TRIBUTARY_ASSIGN_OR_RETURN(Row row, DecodeRow(ToView(iterator->value()), key, start + at->offset, at->version));
    const bool same = held && held->interval == row.interval && held->version == row.version;
    if (same && held->contributors >= row.contributors) continue;
    if (!same) flush();
    if (!stopped) held = std::move(row);
  }
  if (!stopped) flush();
  return FromRocks(iterator->status(), "reading rows");
}

}  // namespace tributary
