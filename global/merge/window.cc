#include "global/merge/window.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/check.h"

namespace tributary {
namespace {

constexpr size_t kChunkBytes = 64;    // of bookkeeping per chunk: a tree entry
constexpr size_t kSeriesBytes = 160;  // and per series: a hash slot, a share of the key

size_t KeyBytes(const SeriesKey& key) {
  size_t bytes = kSeriesBytes + key.name.size();
  for (const std::string& tag : key.tags) bytes += sizeof(std::string) + tag.size();
  return bytes;
}

size_t EventBytes(const Event& event) {
  size_t bytes = sizeof event + event.title.size() + event.text.size() + event.host.size() +
                 event.aggregation_key.size() + event.source_type.size();
  for (const std::string& tag : event.tags) bytes += sizeof tag + tag.size();
  return bytes;
}

}  // namespace

Window::Window(IntervalIndex interval, PartitionId partition, SeriesMemory& series, const WindowBookOptions& options)
    : interval_(interval), partition_(partition), memory_(series), options_(options) {}

Window::~Window() {
  for (const auto& [series, state] : states_) memory_.Release(series);
}

void Window::Restore(const Manifest& step, const Roster& roster) {
  next_step_ = static_cast<uint8_t>(step.step + 1);
  last_version_ = step.last_version;
  closed_ |= step.closed;
  for (const ManifestChunk& named : step.chunks) {
    const auto slot = roster.Find(named.instance);
    if (!slot) continue;  // forgotten after more than the horizon: it will not come again
    const ChunkName name(*slot, named.chunk);
    const bool whole = closed_ || named.chunk >= kFirstLateChunk;
    const Chunk chunk{named.crc32c, named.chunk_count, named.sample_count, named.stage, true, whole};
    if (whole) partly_.erase(name);
    (whole ? chunks_ : partly_).insert_or_assign(name, chunk);
  }
  for (const auto& [hash, stage] : step.emitted) {
    emitted_[hash] = stage;
    stages_ = std::max(stages_, stage);
  }
}

void Window::Reopen(uint8_t next_step, uint8_t last_version) {
  closed_ = true;
  next_step_ = next_step;
  last_version_ = last_version;
}

UnitStatus Window::Take(UnitChunk& unit, RosterSlot slot) {
  const ChunkName name(slot, unit.chunk);
  if (const auto known = chunks_.find(name); known != chunks_.end() && options_.rules.dedup) {
    return known->second.crc32c == unit.crc32c ? UnitStatus::kDuplicate : UnitStatus::kConflict;
  }
  const auto before = partly_.find(name);
  if (before != partly_.end() && before->second.crc32c != unit.crc32c) return UnitStatus::kConflict;
  const bool is_late = unit.chunk >= kFirstLateChunk;
  if (!is_late) {
    auto& [total, here] = units_.try_emplace(slot, unit.chunk_count, 0).first->second;
    if (total != unit.chunk_count) return UnitStatus::kConflict;
    ++here;
  }
  const bool since = provisional_ && !is_late;
  Chunk chunk{unit.crc32c, unit.chunk_count, unit.sample_count, stages_, false, false, since};
  if (before != partly_.end()) {
    chunk.stage = before->second.stage;
    partly_.erase(before);
  }
  chunks_[name] = chunk;
  memory_bytes_ += kChunkBytes;
  open_samples_ += unit.sample_count;
  has_late_ |= (is_late || closed_) && !since;
  Merge(unit, slot, chunk.stage, is_late || closed_);
  for (const Event& event : unit.events) memory_bytes_ += EventBytes(event);
  if (!unit.events.empty()) events_.emplace(name, unit.events);
  return UnitStatus::kOk;
}

void Window::Merge(UnitChunk& unit, RosterSlot slot, uint8_t stage, bool is_late) {
  if (states_.empty()) states_.reserve(unit.series.size());
  for (auto& [key, value] : unit.series) {
    SeriesState& state = StateOf(key);
    const bool is_late_chunk = unit.chunk >= kFirstLateChunk;
    if (!is_late_chunk && state.stage > stage) continue;  // its row has it already
    const bool since = provisional_ && !is_late_chunk;
    const PartKind kind = since ? kSince : is_late ? kLate : state.stage > 0 ? kAfter : kMain;
    if (since && !state.is_told && state.stage == 0) AddTo(state, kWhole, key->type, value, slot, unit.instance);
    AddTo(state, kind, key->type, std::move(value), slot, unit.instance);
  }
}

Window::SeriesState& Window::StateOf(const SharedSeriesKey& key) {
  Series* series = memory_.Acquire(key);
  auto [entry, is_new] = states_.try_emplace(series);
  if (!is_new) {
    memory_.Release(series);  // the window holds it once
    return entry->second;
  }
  memory_bytes_ += KeyBytes(*key);
  if (!emitted_.empty()) {
    const auto emitted = emitted_.find(HashOf(key, options_.cluster_seed));
    if (emitted != emitted_.end()) entry->second.stage = emitted->second;
  }
  return entry->second;
}

template <class Value>
void Window::AddTo(SeriesState& state, PartKind kind, MetricType type, Value&& value, RosterSlot slot,
                   const InstanceId& source) {
  std::unique_ptr<Part>& part = state.parts[kind];
  size_t before = 0;
  if (part == nullptr) {
    part = std::make_unique<Part>(AggregateMerger(type, options_.merge));
  } else {
    before = BytesOf(*part);
  }
  part->merger.Add(std::forward<Value>(value), source);
  part->contributors.push_back(slot);
  memory_bytes_ += BytesOf(*part);
  memory_bytes_ -= std::min(before, memory_bytes_);
}

size_t Window::BytesOf(const Part& part) const {
  return part.merger.MemoryBytes() + part.contributors.capacity() * sizeof part.contributors[0];
}

void Window::DropPart(SeriesState& state, PartKind kind) {
  if (state.parts[kind] != nullptr) memory_bytes_ -= std::min(memory_bytes_, BytesOf(*state.parts[kind]));
  state.parts[kind].reset();
}

bool Window::IsCommitted(RosterSlot slot, uint32_t chunk) const {
  const auto known = chunks_.find(ChunkName(slot, chunk));
  return known != chunks_.end() && known->second.committed;
}

bool Window::IsWhole(RosterSlot slot) const {
  const auto unit = units_.find(slot);
  return unit != units_.end() && unit->second.first == unit->second.second;
}

bool Window::Withholds(Series* series) const {
  const auto entry = states_.find(series);
  return entry != states_.end() && entry->second.parts[kMain] != nullptr;
}

WindowCommit Window::CommitEarly(const WindowStanding& standing, const Roster& roster, MayPass may_pass) {
  WindowCommit commit = NewCommit(CloseKind::kEarly);
  const auto stage = static_cast<uint8_t>(stages_ + 1);
  for (const StateEntry& entry : StatesWith(kMain)) {
    // Chunks that a commit before a restart has named come again: a row made without them would pass for one with them.
    const bool covered = CoverageOf(entry.first->second, interval_, standing, options_) >= options_.coverage_bar;
    if (has_partly() || !covered || !may_pass(entry.first)) continue;
    EmitMain(entry, standing, roster, commit);
    entry.second->stage = stage;
    commit.manifest.emitted.emplace_back(HashOf(entry.first->first, options_.cluster_seed), stage);
  }
  if (commit.rows.empty()) {
    commit.kind = CloseKind::kLate;
  } else {
    stages_ = stage;
  }
  EmitVersion(kLate, commit);
  if (!commit.rows.empty()) Finish(roster, commit);
  return commit;
}

WindowCommit Window::Close(const WindowStanding& standing, const Roster& roster) {
  WindowCommit commit = NewCommit(standing.missing.empty() ? CloseKind::kComplete : CloseKind::kPartial);
  commit.rows.reserve(states_.size());
  provisional_ = commit.kind == CloseKind::kPartial && options_.rules.supersets;
  for (const StateEntry& entry : StatesWith(kMain)) EmitMain(entry, standing, roster, commit);
  EmitVersion(kAfter, commit);
  EmitVersion(kLate, commit);
  closed_ = true;
  Finish(roster, commit);
  return commit;
}

WindowCommit Window::CommitLate(const Roster& roster) {
  WindowCommit commit = NewCommit(CloseKind::kLate);
  if (!provisional_) EmitVersion(kSince, commit);
  EmitVersion(kLate, commit);
  Finish(roster, commit);
  return commit;
}

WindowCommit Window::CommitSuperset(const Roster& roster) {
  TRIBUTARY_CHECK(provisional_);
  provisional_ = false;
  WindowCommit commit = NewCommit(CloseKind::kSuperset);
  for (const StateEntry& entry : StatesWith(kWhole)) EmitWhole(entry, commit);
  EmitVersion(kSince, commit);
  EmitVersion(kLate, commit);
  Finish(roster, commit);
  return commit;
}

void Window::GiveUp() {
  provisional_ = false;
  for (auto& [series, state] : states_) DropPart(state, kWhole);
  has_late_ |= std::any_of(chunks_.begin(), chunks_.end(), [](const auto& entry) { return !entry.second.committed; });
}

WindowCommit Window::NewCommit(CloseKind kind) const {
  WindowCommit commit;
  commit.partition = partition_;
  commit.interval = interval_;
  commit.kind = kind;
  return commit;
}

std::vector<Window::StateEntry> Window::StatesWith(PartKind kind) {
  std::vector<StateEntry> entries;
  entries.reserve(states_.size());
  for (auto& [series, state] : states_) {
    if (state.parts[kind] != nullptr) entries.emplace_back(series, &state);
  }
  std::sort(entries.begin(), entries.end(),
            [](const StateEntry& a, const StateEntry& b) { return a.first->first < b.first->first; });
  return entries;
}

// Moves a part into a row that has everything but version, flags, coverage and total.
Row Window::TakeRow(const StateEntry& entry, PartKind kind) {
  const std::unique_ptr<Part> part = std::move(entry.second->parts[kind]);
  memory_bytes_ -= std::min(memory_bytes_, BytesOf(*part));
  SortUnique(part->contributors);
  Row row;
  row.key = entry.first->first;
  row.interval = interval_;
  row.contributors = static_cast<uint32_t>(part->contributors.size());
  row.approximate_order = part->merger.approximate_order();
  row.value = part->merger.Finish();
  return row;
}

void Window::EmitMain(const StateEntry& entry, const WindowStanding& standing, const Roster& roster,
                      WindowCommit& commit) {
  SeriesRecord& record = entry.first->second;
  RosterSlots contributors = entry.second->parts[kMain]->contributors;
  const double coverage = CoverageOf(entry.first->second, interval_, standing, options_);
  const bool is_partial = coverage < options_.coverage_bar;
  if (is_partial && provisional_) {
    entry.second->parts[kWhole] = std::make_unique<Part>(*entry.second->parts[kMain]);
    memory_bytes_ += BytesOf(*entry.second->parts[kWhole]);
  }
  Row row = TakeRow(entry, kMain);
  row.version = 1;
  row.coverage = coverage;
  row.partial = is_partial && options_.rules.flags;
  row.late = record.last_interval >= interval_;  // a later row of the series is out: this one cannot carry its total
  if (row.late) {
    CountLate(entry.first, row);
  } else {
    ExpectNext(interval_, std::move(contributors), standing, roster, options_, record);
    record.last_interval = interval_;
    CountTotal(entry.first, row);
  }
  if (is_partial) {
    entry.second->partial = std::make_unique<PartialRow>(PartialRow{row.total, row.late});
  } else {
    entry.second->is_told = true;
  }
  last_version_ = std::max<uint8_t>(last_version_, 1);
  commit.rows.push_back(std::move(row));
}

// In place of a partial row; a series that was not there before has its first.
void Window::EmitWhole(const StateEntry& entry, WindowCommit& commit) {
  SeriesRecord& record = entry.first->second;
  SeriesState& state = *entry.second;
  ExpectAlso(state.parts[kWhole]->contributors, record);
  Row row = TakeRow(entry, kWhole);
  row.version = 1;
  row.coverage = 1;
  if (state.partial) {
    row.late = state.partial->late;
    row.total = state.partial->total;
    if (state.parts[kSince] != nullptr) CountLate(entry.first, TakeRow(entry, kSince));
  } else {
    DropPart(state, kSince);
    row.late = record.last_interval >= interval_;
    if (row.late) {
      CountLate(entry.first, row);
    } else {
      record.last_interval = interval_;
      CountTotal(entry.first, row);
    }
  }
  state.is_told = true;
  last_version_ = std::max<uint8_t>(last_version_, 1);
  commit.rows.push_back(std::move(row));
}

void Window::EmitVersion(PartKind kind, WindowCommit& commit) {
  if (kind == kLate) has_late_ = false;
  const std::vector<StateEntry> entries = StatesWith(kind);
  if (entries.empty()) return;
  TRIBUTARY_CHECK(last_version_ < UINT8_MAX);
  last_version_ = static_cast<uint8_t>(std::max<int>(last_version_, 1) + 1);
  for (const StateEntry& entry : entries) {
    ExpectAlso(entry.second->parts[kind]->contributors, entry.first->second);
    Row row = TakeRow(entry, kind);
    row.version = last_version_;
    row.late = true;
    CountLate(entry.first, row);
    commit.rows.push_back(std::move(row));
  }
}

void Window::CountTotal(Series* series, Row& row) {
  const bool remembered = memory_.Remember(series);
  if (!HasTotal(row.key->type)) return;
  SeriesRecord& record = series->second;
  if (!record.total) record.total = RunningTotal{Fixed128(), Fixed192(), interval_};
  *record.total += AddedBy(row.value);
  *record.total += record.pending;
  record.pending = RunningTotal();
  row.total = record.total;
  if (remembered) {
    changed_.push_back(series);
  } else {
    record.total.reset();
  }
}

void Window::CountLate(Series* series, const Row& row) {
  if (!HasTotal(row.key->type) || !memory_.Remember(series)) return;
  series->second.pending += AddedBy(row.value);
  changed_.push_back(series);
}

// Names the chunks, and once closed acknowledges them.
void Window::Finish(const Roster& roster, WindowCommit& commit) {
  Manifest& manifest = commit.manifest;
  TRIBUTARY_CHECK(next_step_ < UINT8_MAX);
  manifest.step = next_step_++;
  manifest.closed = closed_;
  manifest.last_version = last_version_;
  for (auto& [name, chunk] : chunks_) {
    const bool whole = closed_ || name.second >= kFirstLateChunk;
    if (provisional_ && chunk.since) continue;  // its data waits for the rest
    if (chunk.committed || (chunk.named && !whole)) continue;
    manifest.chunks.push_back({roster.at(name.first).instance, name.second, chunk.chunk_count, chunk.crc32c,
                               chunk.sample_count, chunk.stage});
    chunk.named = true;
    chunk.committed = whole;
    if (!whole) continue;
    open_samples_ -= chunk.sample_count;
    TakeEvents(name, commit);
  }
  std::sort(commit.events.begin(), commit.events.end());
  std::sort(manifest.chunks.begin(), manifest.chunks.end(), [](const ManifestChunk& a, const ManifestChunk& b) {
    return std::pair(a.instance, a.chunk) < std::pair(b.instance, b.chunk);
  });
}

void Window::TakeEvents(const ChunkName& name, WindowCommit& commit) {
  const auto entry = events_.find(name);
  if (entry == events_.end()) return;
  for (Event& event : entry->second) {
    memory_bytes_ -= std::min(EventBytes(event), memory_bytes_);
    commit.events.push_back(std::move(event));
  }
  events_.erase(entry);
}

std::vector<CommittedChunk> Window::CommittedChunks() const {
  std::vector<CommittedChunk> committed;
  for (const auto& [name, chunk] : chunks_) {
    if (chunk.committed) committed.push_back({name.second, chunk.crc32c, name.first});
  }
  return committed;
}

void Window::TakeTotals(std::vector<SeriesTotal>& totals) {
  for (const Series* series : changed_) {
    const SeriesRecord& record = series->second;
    totals.push_back({series->first, record.total, record.pending, record.last_interval});
  }
  changed_.clear();
}

}  // namespace tributary
