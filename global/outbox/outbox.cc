#include "global/outbox/outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "global/outbox/entry_codec.h"
#include "global/store/rocks.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

std::string CursorKey(absl::string_view sink) { return absl::StrCat("cursor/", sink); }

}  // namespace

// What one sink has of the outbox.
class Outbox::Source : public RowSource {
 public:
  Source(Outbox& outbox, std::string sink) : outbox_(outbox), sink_(std::move(sink)) {}
  std::optional<RowBatch> Next(absl::Duration wait) override { return outbox_.Next(*this, wait); }
  void Acknowledge(uint64_t sequence) override { outbox_.Acknowledge(*this, sequence); }

 private:
  friend class Outbox;
  Outbox& outbox_;
  const std::string sink_;
  // Guarded by the outbox's mutex.
  uint64_t cursor_ = 0;  // the first entry not acknowledged
  std::optional<uint64_t> in_hand_;
  Stats stats_;
};

Outbox::Outbox(Database& database, uint64_t max_bytes) : database_(database), max_bytes_(max_bytes) {}
Outbox::~Outbox() = default;

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(Database& database, uint64_t max_bytes,
                                                     const std::vector<std::string>& sinks) {
  auto outbox = std::unique_ptr<Outbox>(new Outbox(database, max_bytes));
  TRIBUTARY_RETURN_IF_ERROR(Annotate(outbox->Load(sinks), "opening the outbox"));
  return outbox;
}

absl::Status Outbox::Load(const std::vector<std::string>& sinks) {
  MutexLock lock(mutex_);
  TRIBUTARY_RETURN_IF_ERROR(LoadEntries());
  TRIBUTARY_RETURN_IF_ERROR(LoadCursors(sinks));
  rocksdb::WriteBatch batch;
  Trim(batch);
  for (const auto& [sink, source] : sources_) {
    for (const Entry& entry : entries_) {
      if (entry.sequence >= source->cursor_) source->stats_.queued += entry.items;
    }
    source->stats_.committed = source->stats_.queued;
    database_.Put(batch, Column::kControl, CursorKey(sink), absl::StrCat(source->cursor_));
  }
  return database_.Write(batch, false);
}

absl::Status Outbox::LoadEntries() {
  const auto iterator = database_.NewIterator(Column::kOutbox, rocksdb::ReadOptions());
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    const auto sequence = DecodeSequence(ToView(iterator->key()));
    const auto items = CountEntryItems(ToView(iterator->value()));
    if (!sequence || !items) return absl::DataLossError("an entry cannot be read");
    entries_.push_back({*sequence, *items, iterator->value().size()});
    bytes_ += iterator->value().size();
    next_sequence_ = *sequence + 1;
  }
  return FromRocks(iterator->status(), "reading the store");
}

absl::Status Outbox::LoadCursors(const std::vector<std::string>& sinks) {
  std::map<std::string, uint64_t> cursors;
  rocksdb::WriteBatch unknown;
  const auto iterator = database_.NewIterator(Column::kControl, rocksdb::ReadOptions());
  const std::string prefix = CursorKey("");
  for (iterator->Seek(prefix); iterator->Valid() && iterator->key().starts_with(prefix); iterator->Next()) {
    const std::string sink = iterator->key().ToString().substr(prefix.size());
    if (!absl::SimpleAtoi(ToView(iterator->value()), &cursors[sink]))
      return absl::DataLossError("a cursor cannot be read");
    next_sequence_ = std::max(next_sequence_, cursors[sink]);
    if (std::find(sinks.begin(), sinks.end(), sink) == sinks.end()) {
      database_.Delete(unknown, Column::kControl, CursorKey(sink));
    }
  }
  TRIBUTARY_RETURN_IF_ERROR(FromRocks(iterator->status(), "reading the store"));
  for (const std::string& sink : sinks) {
    auto source = std::make_unique<Source>(*this, sink);
    const auto known = cursors.find(sink);
    source->cursor_ = known == cursors.end() ? next_sequence_ : known->second;
    sources_[sink] = std::move(source);
  }
  return database_.Write(unknown, false);
}

std::vector<Outbox::Entry> Outbox::Put(absl::Span<const Row* const> rows, absl::Span<const Event* const> events,
                                       rocksdb::WriteBatch& batch) {
  std::vector<Entry> entries;
  if (sources_.empty()) return entries;
  PutParts(rows, entries, batch);
  PutParts(events, entries, batch);
  return entries;
}

template <class Item>
void Outbox::PutParts(absl::Span<const Item* const> items, std::vector<Entry>& entries, rocksdb::WriteBatch& batch) {
  while (!items.empty()) {
    const auto part = items.subspan(0, kItemsPerEntry);
    items.remove_prefix(part.size());
    const std::string bytes = EncodeEntry(part);
    entries.push_back({next_sequence_++, part.size(), bytes.size()});
    database_.Put(batch, Column::kOutbox, EncodeSequence(entries.back().sequence), bytes);
  }
}

void Outbox::Written(const std::vector<Entry>& entries) {
  rocksdb::WriteBatch batch;
  {
    MutexLock lock(mutex_);
    for (const Entry& entry : entries) {
      entries_.push_back(entry);
      bytes_ += entry.bytes;
      for (auto& [sink, source] : sources_) {
        source->stats_.committed += entry.items;
        source->stats_.queued += entry.items;
      }
    }
    Trim(batch);
  }
  written_.NotifyAll();
  if (batch.Count() == 0) return;
  if (const absl::Status status = database_.Write(batch, false); !status.ok()) {
    TRIBUTARY_LOG_WARN("outbox: {}", status.ToString());
  }
}

void Outbox::Trim(rocksdb::WriteBatch& batch) {
  const auto all_passed = [&](const Entry& entry) {
    return std::all_of(sources_.begin(), sources_.end(),
                       [&](const auto& source) { return source.second->cursor_ > entry.sequence; });
  };
  while (!entries_.empty() && all_passed(entries_.front())) Forget(entries_.begin(), batch);
  for (size_t i = 0; bytes_ > max_bytes_ && i < entries_.size();) {
    if (IsInHand(entries_[i].sequence)) {
      ++i;
      continue;
    }
    for (auto& [sink, source] : sources_) {
      if (source->cursor_ > entries_[i].sequence) continue;
      source->stats_.dropped += entries_[i].items;
      source->stats_.queued -= entries_[i].items;
    }
    Forget(entries_.begin() + static_cast<std::ptrdiff_t>(i), batch);
  }
}

void Outbox::Forget(std::deque<Entry>::iterator entry, rocksdb::WriteBatch& batch) {
  database_.Delete(batch, Column::kOutbox, EncodeSequence(entry->sequence));
  bytes_ -= entry->bytes;
  entries_.erase(entry);
}

bool Outbox::IsInHand(uint64_t sequence) const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [&](const auto& source) { return source.second->in_hand_ == sequence; });
}

std::optional<RowBatch> Outbox::Next(Source& source, absl::Duration wait) {
  while (const auto entry = TakeNext(source, wait)) {
    absl::StatusOr<RowBatch> batch = Read(entry->sequence);
    if (batch.ok()) return *std::move(batch);
    TRIBUTARY_LOG_ERROR("outbox entry {} for sink {} is dropped: {}", entry->sequence, source.sink_,
                        batch.status().ToString());
    Discard(source, *entry);
    wait = absl::ZeroDuration();
  }
  return std::nullopt;
}

std::deque<Outbox::Entry>::iterator Outbox::FirstFor(const Source& source) {
  return std::find_if(entries_.begin(), entries_.end(),
                      [&](const Entry& entry) { return entry.sequence >= source.cursor_; });
}

std::optional<Outbox::Entry> Outbox::TakeNext(Source& source, absl::Duration wait) {
  MutexLock lock(mutex_);
  TRIBUTARY_CHECK(!source.in_hand_);
  const absl::Time until = absl::Now() + wait;
  auto entry = FirstFor(source);
  while (entry == entries_.end()) {  // woken, there may be nothing for this sink
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) return std::nullopt;
    written_.WaitFor(mutex_, left);
    entry = FirstFor(source);
  }
  source.in_hand_ = entry->sequence;
  return *entry;
}

absl::StatusOr<RowBatch> Outbox::Read(uint64_t sequence) const {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                             database_.Get(Column::kOutbox, EncodeSequence(sequence)));
  if (!bytes) return absl::DataLossError("it is not there");
  TRIBUTARY_ASSIGN_OR_RETURN(EntryItems items, DecodeEntry(*bytes));
  return RowBatch{sequence, std::move(items.rows), std::move(items.events)};
}

void Outbox::Discard(Source& source, const Entry& entry) {
  MutexLock lock(mutex_);
  source.in_hand_.reset();
  source.cursor_ = entry.sequence + 1;
  source.stats_.queued -= entry.items;
  source.stats_.dropped += entry.items;
}

void Outbox::Acknowledge(Source& source, uint64_t sequence) {
  rocksdb::WriteBatch batch;
  {
    MutexLock lock(mutex_);
    TRIBUTARY_CHECK(source.in_hand_ == sequence);
    const auto entry =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& known) { return known.sequence == sequence; });
    TRIBUTARY_CHECK(entry != entries_.end());
    source.in_hand_.reset();
    source.cursor_ = sequence + 1;
    source.stats_.acknowledged += entry->items;
    source.stats_.queued -= entry->items;
    database_.Put(batch, Column::kControl, CursorKey(source.sink_), absl::StrCat(source.cursor_));
    Trim(batch);
  }
  // Not synced: what a crash forgets of it is delivered again.
  if (const absl::Status status = database_.Write(batch, false); !status.ok()) {
    TRIBUTARY_LOG_WARN("outbox: {}", status.ToString());
  }
}

RowSource& Outbox::SourceFor(const std::string& sink) {
  const auto source = sources_.find(sink);
  TRIBUTARY_CHECK(source != sources_.end());
  return *source->second;
}

Outbox::Stats Outbox::StatsOf(const std::string& sink) const {
  MutexLock lock(mutex_);
  return sources_.at(sink)->stats_;
}

uint64_t Outbox::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace tributary
