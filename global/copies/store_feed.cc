#include "global/copies/store_feed.h"

#include <optional>

#include "common/base/bytes.h"
#include "common/base/status.h"
#include "global/copies/copied_columns.h"
#include "global/store/rocks.h"
#include "rocksdb/options.h"

namespace tributary {
namespace {

constexpr size_t kChangeBytes = 16;  // beside key and value, about

size_t AddChange(v1::StoreChange::Column column, v1::StoreChange::Kind kind, absl::string_view key,
                 absl::string_view value, v1::CopyChunk& chunk) {
  v1::StoreChange& change = *chunk.add_changes();
  change.set_column(column);
  change.set_kind(kind);
  change.set_key(key.data(), key.size());
  if (!value.empty()) change.set_value(value.data(), value.size());
  return key.size() + value.size() + kChangeBytes;
}

v1::StoreChange::Kind KindOf(StoreChange::Kind kind) {
  switch (kind) {
    case StoreChange::Kind::kPut:
      return v1::StoreChange::KIND_PUT;
    case StoreChange::Kind::kDelete:
      return v1::StoreChange::KIND_DELETE;
    case StoreChange::Kind::kDeleteRange:
      return v1::StoreChange::KIND_DELETE_RANGE;
  }
  return v1::StoreChange::KIND_UNSPECIFIED;
}

}  // namespace

StoreFeed::StoreFeed(Database& database, absl::string_view cursor)
    : database_(database), number_(database.LastChange() + 1) {
  if (!cursor.empty()) status_ = ReadCursor(cursor);
}
StoreFeed::~StoreFeed() = default;

std::string StoreFeed::cursor() const {
  std::string bytes;
  ByteWriter out(bytes);
  out.U8(static_cast<uint8_t>(phase_));
  out.U64(number_);
  out.U8(static_cast<uint8_t>(column_));
  out.Sized(last_key_);
  return bytes;
}

absl::Status StoreFeed::ReadCursor(absl::string_view cursor) {
  ByteReader in(cursor);
  const uint8_t phase = in.U8();
  const uint64_t number = in.U64();
  column_ = in.U8();
  last_key_ = std::string(in.Sized());
  const bool is_one = in.AtEnd() && (phase == 1 || phase == 2) && column_ < kCopiedColumns.size();
  // A number that is not written yet: of this store before it lost what was not synced.
  if (!is_one || number > number_) return absl::NotFoundError("the copy is at a place that this store does not know");
  phase_ = static_cast<Phase>(phase);
  number_ = number;
  return absl::OkStatus();
}

absl::StatusOr<bool> StoreFeed::Next(size_t max_bytes, v1::CopyChunk& chunk) {
  TRIBUTARY_RETURN_IF_ERROR(status_);
  return phase_ == Phase::kScanning ? Scan(max_bytes, chunk) : Follow(max_bytes, chunk);
}

absl::StatusOr<bool> StoreFeed::Scan(size_t max_bytes, v1::CopyChunk& chunk) {
  const auto& [column, name] = kCopiedColumns[column_];
  if (iterator_ == nullptr) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.total_order_seek = true;
    iterator_ = database_.NewIterator(column, options);
    iterator_->Seek(ToSlice(last_key_));
    const bool is_told = !last_key_.empty() && iterator_->Valid() && ToView(iterator_->key()) == last_key_;
    if (is_told) iterator_->Next();
  }
  for (size_t bytes = 0; iterator_->Valid() && bytes < max_bytes; iterator_->Next()) {
    const absl::string_view key = ToView(iterator_->key());
    if (IsCopied(column, key)) {
      bytes += AddChange(name, v1::StoreChange::KIND_PUT, key, ToView(iterator_->value()), chunk);
    }
    last_key_ = std::string(key);
  }
  if (!iterator_->Valid()) {
    TRIBUTARY_RETURN_IF_ERROR(FromRocks(iterator_->status(), "reading the store"));
    iterator_.reset();
    last_key_.clear();
    if (++column_ == kCopiedColumns.size()) {
      phase_ = Phase::kFollowing;
      column_ = 0;
    }
  }
  chunk.set_cursor(cursor());
  return true;
}

absl::StatusOr<bool> StoreFeed::Follow(size_t max_bytes, v1::CopyChunk& chunk) {
  if (changes_ == nullptr) changes_ = database_.ReadChanges(number_);
  // What a power failure may take back is not told: its numbers would be given again.
  const uint64_t last = database_.LastChange();
  if (last < number_) return false;
  TRIBUTARY_RETURN_IF_ERROR(database_.Sync());
  size_t bytes = 0;
  TRIBUTARY_RETURN_IF_ERROR(changes_->Read([&](const StoreChange& change) {
    const auto name = NameOf(change.column);
    if (name && IsCopied(change.column, change.key)) {
      bytes += AddChange(*name, KindOf(change.kind), change.key, change.value, chunk);
    }
    return bytes < max_bytes && changes_->next() <= last;
  }));
  if (changes_->next() == number_) return false;
  number_ = changes_->next();
  chunk.set_cursor(cursor());
  return true;
}

}  // namespace tributary
