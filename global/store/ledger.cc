#include "global/store/ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"
#include "global/store/rocks.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::Duration kMaxTime = absl::Hours(24 * 365 * 100);  // since 1970; what is asked further is clamped
constexpr double kUsualRowBytes = 150;                            // docs/benchmarks.md, store
constexpr absl::string_view kRosterKey = "roster";
constexpr absl::string_view kViewsKey = "views";
constexpr absl::string_view kSealedKey = "sealed_through";

absl::Status Unreadable(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the store's ", what, " cannot be read"));
}

}  // namespace

Ledger::Ledger(Database& database, Options options, std::unique_ptr<HandoverLog> handovers)
    : database_(database),
      options_(std::move(options)),
      handovers_(std::move(handovers)),
      retention_seconds_(RowShapes(options_.interval).size()) {
  const auto emitter = static_cast<uint16_t>(Xxh3Hash64(options_.node_id, 0));
  for (const RowTable::Shape& shape : RowShapes(options_.interval)) {
    tables_.push_back(std::make_unique<RowTable>(database_, catalog_, shape, emitter, options_.compression));
  }
  for (size_t i = 1; i < tables_.size(); ++i) {
    rollups_.push_back(
        std::make_unique<Rollup>(database_, catalog_, *tables_[i - 1], *tables_[i],
                                 Rollup::Options{options_.compression, options_.max_stale, handovers_.get()}));
  }
  SetRetention(options_.retention);
}

void Ledger::SetRetention(const Retention& retention) {
  for (size_t i = 0; i < tables_.size(); ++i) {
    const bool is_minutes = tables_[i]->shape().length == absl::Minutes(1);
    const absl::Duration kept = i == 0 ? retention.raw : is_minutes ? retention.minutes : retention.hours;
    retention_seconds_[i] = absl::ToInt64Seconds(kept);
  }
}

absl::StatusOr<std::unique_ptr<Ledger>> Ledger::Open(Database& database, Options options, absl::Time now) {
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<HandoverLog> handovers, HandoverLog::Open(database));
  auto ledger = std::unique_ptr<Ledger>(new Ledger(database, std::move(options), std::move(handovers)));
  TRIBUTARY_RETURN_IF_ERROR(ledger->LoadCatalog(now));
  WindowBookState control;
  TRIBUTARY_RETURN_IF_ERROR(ledger->LoadControl(control));
  ledger->sealed_through_ = control.sealed_through.value_or(0);
  for (const auto& rollup : ledger->rollups_) TRIBUTARY_RETURN_IF_ERROR(rollup->Load());
  for (size_t i = 0; i < ledger->tables_.size(); ++i) ledger->tables_[i]->RaiseFloor(ledger->KeepFrom(i, now));
  return ledger;
}

absl::Status Ledger::LoadCatalog(absl::Time now) {
  absl::flat_hash_map<KeyId, Lifetime> lifetimes;
  TRIBUTARY_RETURN_IF_ERROR(
      database_.ForEach(Column::kLifetimes, [&](absl::string_view key, absl::string_view value) -> absl::Status {
        const auto id = DecodeKeyId(key);
        const auto lifetime = DecodeLifetime(value);
        if (!id || !lifetime) return Unreadable("series' lifetimes");
        lifetimes.emplace(*id, *lifetime);
        return absl::OkStatus();
      }));
  // Of a series without one, written before there were lifetimes, nothing is known.
  const Lifetime unknown = {0, tables_.front()->scale().At(now)};
  return database_.ForEach(Column::kKeys, [&](absl::string_view key, absl::string_view value) -> absl::Status {
    const auto id = DecodeKeyId(key);
    if (!id) return Unreadable("list of series");
    TRIBUTARY_ASSIGN_OR_RETURN(SeriesKey series, DecodeSeriesKey(value));
    const auto known = lifetimes.find(*id);
    catalog_.Restore(*id, std::move(series), known == lifetimes.end() ? unknown : known->second);
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
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<std::string> views, database_.Get(Column::kControl, kViewsKey));
  if (views) {
    auto known = DecodeViews(*views);
    if (!known) return Unreadable("views");
    state.views = *std::move(known);
  }
  return absl::OkStatus();
}

absl::Status Ledger::LoadTotals(WindowBookState& state) const {
  return database_.ForEach(Column::kTotals, [&](absl::string_view key, absl::string_view value) {
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
  return database_.ForEach(Column::kManifests, [&](absl::string_view key, absl::string_view value) {
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
  if (plan.views) database_.Put(batch, Column::kControl, kViewsKey, EncodeViews(*plan.views));
  database_.Put(batch, Column::kControl, kSealedKey, absl::StrCat(plan.sealed_through));
}

// In the order of their keys: RocksDB then finds the place of each beside that of the last, or finding places is half
// of a commit.
void Ledger::PutRows(const CommitPlan& plan, rocksdb::WriteBatch& batch) {
  std::vector<std::pair<RowKey, const Row*>> rows;
  for (const WindowCommit& window : plan.windows) {
    for (const Row& row : window.rows) {
      const KeyId id = InternKey(row.key, row.interval, batch);
      rows.emplace_back(tables_.front()->KeyOf(id, row.interval, row.version), &row);
    }
  }
  std::sort(rows.begin(), rows.end());
  for (const auto& [key, row] : rows) {
    tables_.front()->Put(batch, key.series, *row);
    rollups_.front()->Changed(key.series, row->interval, batch);
  }
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
  const std::string id = EncodeKeyId(interned.id);
  if (interned.is_new) database_.Put(batch, Column::kKeys, id, EncodeSeriesKey(key));
  if (interned.to_write) database_.Put(batch, Column::kLifetimes, id, EncodeLifetime(*interned.to_write));
  return interned.id;
}

absl::StatusOr<bool> Ledger::Import(const SharedSeriesKey& key, const RowKey& from, absl::string_view value,
                                    rocksdb::WriteBatch& batch) {
  size_t table = 0;
  while (table < tables_.size() && tables_[table]->shape().code != from.resolution) ++table;
  if (table == tables_.size()) return absl::InvalidArgumentError("a row of a length that is not kept");
  const RowTable::Shape& shape = tables_[table]->shape();
  IntervalMask covered;
  TRIBUTARY_ASSIGN_OR_RETURN(const Row row, RowTable::Decode(shape, from, value, key, covered));
  RowKey at = from;
  at.series = InternKey(key, row.interval * shape.intervals, batch);
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<std::string> known, database_.Get(Column::kRows, at.Encode()));
  if (known) {
    IntervalMask known_covered;
    const auto there = RowTable::Decode(shape, at, *known, key, known_covered);
    const bool is_as_large = there.ok() && there->contributors >= row.contributors &&
                             (shape.intervals == 1 || known_covered.Count() >= covered.Count());
    if (is_as_large) return false;
  }
  database_.Put(batch, Column::kRows, at.Encode(), value);
  if (table < rollups_.size()) rollups_[table]->Changed(at.series, row.interval, batch);
  return true;
}

const RowTable* Ledger::TableOf(uint8_t resolution) const {
  for (const auto& table : tables_) {
    if (table->shape().code == resolution) return table.get();
  }
  return nullptr;
}

bool Ledger::Take(const SharedSeriesKey& key, const RowKey& from, absl::string_view value, HandoverId handover,
                  rocksdb::WriteBatch& batch) {
  const RowTable* table = TableOf(from.resolution);
  if (table == nullptr || RowTable::IntervalOf(table->shape(), from) < table->floor()) return false;
  const RowTable::Shape& shape = table->shape();
  IntervalMask covered;
  const absl::StatusOr<Row> row = RowTable::Decode(shape, from, value, key, covered);
  if (!row.ok()) return false;
  RowKey at = from;
  const IntervalIndex first = row->interval * shape.intervals;
  at.series = InternKey(key, first, batch);
  InternKey(key, first + shape.intervals - 1, batch);

  // Nobody else has brought rows of another emitter.
  const bool may_be_here = at.emitter == table->emitter() || handovers_->HasOther(handover);
  using Value = absl::StatusOr<std::optional<std::string>>;
  const Value known = may_be_here ? database_.Get(Column::kRows, at.Encode()) : Value(std::nullopt);
  if (!known.ok()) return false;
  HandoverId brought_by = 0;
  IntervalMask known_covered;
  const absl::StatusOr<Row> there =
      *known ? RowTable::Decode(shape, at, **known, key, known_covered, &brought_by) : absl::NotFoundError("");
  if (there.ok() && brought_by != handover && !handovers_->Hidden().Hides(brought_by)) {
    if (shape.intervals == 1 && there->contributors >= row->contributors) return false;
    // What one emitter made of an hour before it left, and after it came back: rows of two names, which readers add.
    if (shape.intervals > 1 && !known_covered.Meets(covered)) {
      at.emitter = static_cast<uint16_t>(at.emitter ^ ((handover ^ (handover >> 16)) | 1));
    } else if (shape.intervals > 1 && known_covered.Count() >= covered.Count()) {
      return false;
    }
  }
  database_.Put(batch, Column::kRows, at.Encode(), RowTable::Mark(shape, value, handover));
  return true;
}

std::unique_ptr<HistoryReader> Ledger::ReadHistory(absl::string_view after) const {
  std::vector<RowKey> floors;
  for (const auto& table : tables_) floors.push_back(table->KeyOf(0, table->floor(), 0));
  return std::make_unique<HistoryReader>(database_, catalog_, RowShapes(options_.interval), std::move(floors),
                                         handovers_->Hidden(), after);
}

absl::StatusOr<bool> Ledger::RollUp(size_t max_rows, bool is_last) {
  IntervalIndex sealed = sealed_through_;
  for (size_t i = 0; i < rollups_.size(); ++i) {
    const IntervalIndex ratio = tables_[i + 1]->shape().length / tables_[i]->shape().length;
    if (is_last) sealed = (sealed / ratio + 1) * ratio - 1;
    rocksdb::WriteBatch batch;
    const auto made = [&](KeyId id, IntervalIndex interval) {
      if (i + 1 < rollups_.size()) rollups_[i + 1]->Changed(id, interval, batch);
    };
    TRIBUTARY_ASSIGN_OR_RETURN(const bool did, rollups_[i]->Step(sealed, max_rows, batch, made));
    if (did) {
      // What a power failure takes is made again.
      TRIBUTARY_RETURN_IF_ERROR(database_.Write(batch, /*durable=*/false));
      rollups_[i]->Written();
      return true;
    }
    sealed = rollups_[i]->done_through();
  }
  return false;
}

IntervalIndex Ledger::KeepFrom(size_t table, absl::Time now) const {
  const absl::Duration retention = absl::Seconds(retention_seconds_[table].load());
  const IntervalIndex kept = std::max<IntervalIndex>(tables_[table]->scale().At(now - retention), 0);
  return table < rollups_.size() ? std::min(kept, rollups_[table]->needed_from()) : kept;
}

absl::Status Ledger::DropOld(absl::Time now, IntervalIndex manifests_from) {
  rocksdb::WriteBatch batch;
  database_.DeleteRange(batch, Column::kManifests, EncodeManifestName({0, 0, 0}),
                        EncodeManifestName({std::max<IntervalIndex>(manifests_from, 0), 0, 0}));
  for (size_t i = 0; i < tables_.size(); ++i) {
    TRIBUTARY_ASSIGN_OR_RETURN(const bool dropped, tables_[i]->DropBefore(KeepFrom(i, now), batch));
    if (dropped && i + 1 == tables_.size()) ForgetSeries(batch);
  }
  handovers_->Forget(tables_.back()->floor() * tables_.back()->shape().intervals, batch);
  return database_.Write(batch, false);
}

// Those that have no rows of any length.
void Ledger::ForgetSeries(rocksdb::WriteBatch& batch) {
  IntervalIndex first = INT64_MAX;
  for (const auto& table : tables_) first = std::min(first, table->floor() * table->shape().intervals);
  for (const KeyId id : catalog_.ForgetBefore(first)) {
    for (const Column column : {Column::kKeys, Column::kTotals, Column::kLifetimes}) {
      database_.Delete(batch, column, EncodeKeyId(id));
    }
  }
}

std::vector<absl::Duration> Ledger::Resolutions() const {
  std::vector<absl::Duration> lengths;
  for (const auto& table : tables_) lengths.push_back(table->shape().length);
  return lengths;
}

std::vector<KeptRows> Ledger::Kept() const {
  std::vector<KeptRows> kept;
  for (size_t i = 0; i < tables_.size(); ++i) {
    const RowTable& table = *tables_[i];
    const IntervalIndex through = i == 0 ? sealed_through_.load() : rollups_[i - 1]->done_through();
    kept.push_back({table.shape().length, table.scale().Start(table.floor()), table.scale().End(through)});
  }
  return kept;
}

absl::Duration Ledger::ResolutionFor(absl::Time from) const {
  for (const auto& table : tables_) {
    if (table->scale().Start(table->floor()) <= from) return table->shape().length;
  }
  return tables_.back()->shape().length;
}

std::vector<Ledger::RollupState> Ledger::Rollups() const {
  std::vector<RollupState> states;
  for (const auto& rollup : rollups_) {
    const RowTable& table = rollup->table();
    states.push_back({table.shape().length, table.scale().End(rollup->done_through()), rollup->stale(),
                      rollup->rows_made(), rollup->rewinds()});
  }
  return states;
}

double Ledger::RowsOnDisk() const {
  const auto last = static_cast<uint8_t>(tables_.back()->shape().code + 1);
  const auto measure = database_.MeasureTables(Column::kRows, BlockPrefix(0, 0), BlockPrefix(last, 0));
  return measure.ok() ? static_cast<double>(measure->entries) : 0;
}

std::vector<Ledger::Projection> Ledger::Project() const {
  const IntervalIndex hour_ago = sealed_through_ - absl::Hours(1) / options_.interval;
  const auto series = static_cast<double>(catalog_.Ids({hour_ago, INT64_MAX}).size());
  std::vector<Projection> projections;
  for (size_t i = 0; i < tables_.size(); ++i) {
    const RowTable::Shape& shape = tables_[i]->shape();
    Projection projection = {shape.length, absl::Seconds(retention_seconds_[i].load()), kUsualRowBytes, 0};
    const auto measure = database_.MeasureTables(Column::kRows, BlockPrefix(shape.code, 0),
                                                 BlockPrefix(static_cast<uint8_t>(shape.code + 1), 0));
    if (measure.ok() && measure->entries > 0) {
      projection.bytes_per_row = static_cast<double>(measure->bytes) / static_cast<double>(measure->entries);
    }
    const double rows = absl::FDivDuration(projection.retention + shape.block, shape.length) * series;
    projection.bytes = rows * projection.bytes_per_row;
    projections.push_back(projection);
  }
  return projections;
}

// The end of i lies in (from, to]: i + 1 is the first boundary after `from`.
Lifetime Ledger::IntervalsEnding(const IntervalScale& scale, absl::Time from, absl::Time to) {
  const absl::Time last = absl::UnixEpoch() + kMaxTime;
  return {scale.At(std::clamp(from, absl::UnixEpoch(), last)), scale.At(std::clamp(to, absl::UnixEpoch(), last)) - 1};
}

FoundSeries Ledger::FindSeries(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                               size_t limit) const {
  return catalog_.FindByLabels(conditions, IntervalsEnding(tables_.front()->scale(), from, to), limit);
}

FoundTexts Ledger::LabelNames(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                              size_t limit) const {
  return catalog_.LabelNames(conditions, IntervalsEnding(tables_.front()->scale(), from, to), limit);
}

FoundTexts Ledger::LabelValues(absl::string_view label, absl::Span<const LabelCondition> conditions, absl::Time from,
                               absl::Time to, size_t limit) const {
  return catalog_.LabelValues(label, conditions, IntervalsEnding(tables_.front()->scale(), from, to), limit);
}

absl::Status Ledger::ReadRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from, absl::Time to,
                              Visit visit) const {
  return ReadVisibleRows(resolution, series, from, to, handovers_->Hidden(), visit);
}

absl::Status Ledger::ReadVisibleRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from,
                                     absl::Time to, const HiddenRows& hidden, Visit visit) const {
  for (const auto& table : tables_) {
    if (table->shape().length != resolution) continue;
    return table->Read(series, IntervalsEnding(table->scale(), from, to), hidden,
                       [&](KeyId id, const Row& row, const IntervalMask&) { return visit(id, row); });
  }
  return absl::InvalidArgumentError(absl::StrCat("no rows of ", absl::FormatDuration(resolution), " are kept"));
}

}  // namespace tributary
