#include "global/copies/store_copy.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "global/copies/copied_columns.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::string_view kOfKey = "copy_of";
constexpr absl::string_view kStoreKey = "copy_store";
constexpr absl::string_view kCursorKey = "copy_cursor";
constexpr absl::string_view kThroughKey = "copy_through";
const std::string kPastEveryKey(64, '\xff');
std::string PastOwnKeys() { return absl::StrCat(kOwnKeys, "\xff"); }
constexpr size_t kMaxCursorBytes = 128;
constexpr absl::Duration kOpenAnewAfter = absl::Seconds(10);
constexpr absl::Duration kCloseAfter = absl::Minutes(10);
constexpr size_t kRowsAtOnce = 10'000;

}  // namespace

absl::StatusOr<std::unique_ptr<StoreCopy>> StoreCopy::Make(const Database::Options& database, Ledger::Options ledger,
                                                           StoreId store, const std::string& of, const Clock& clock) {
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<Database> opened, Database::Open(database));
  rocksdb::WriteBatch batch;
  opened->Put(batch, Column::kControl, kOfKey, of);
  opened->Put(batch, Column::kControl, kStoreKey, absl::StrCat(absl::Hex(store)));
  TRIBUTARY_RETURN_IF_ERROR(opened->Write(batch, /*durable=*/true));
  opened.reset();
  return Open(database, std::move(ledger), clock);
}

absl::StatusOr<std::unique_ptr<StoreCopy>> StoreCopy::Open(const Database::Options& database, Ledger::Options ledger,
                                                           const Clock& clock) {
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<Database> opened, Database::Open(database));
  auto copy = std::unique_ptr<StoreCopy>(new StoreCopy(std::move(opened), std::move(ledger), clock));
  TRIBUTARY_RETURN_IF_ERROR(copy->Load());
  return copy;
}

absl::Status StoreCopy::Load() {
  MutexLock lock(mutex_);
  const auto get = [&](absl::string_view key) -> absl::StatusOr<std::string> {
    TRIBUTARY_ASSIGN_OR_RETURN(const auto value, database_->Get(Column::kControl, key));
    return value.value_or("");
  };
  TRIBUTARY_ASSIGN_OR_RETURN(about_.of, get(kOfKey));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string store, get(kStoreKey));
  TRIBUTARY_ASSIGN_OR_RETURN(about_.cursor, get(kCursorKey));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string through, get(kThroughKey));
  int64_t through_ms = 0;
  const bool is_known = !about_.of.empty() && absl::SimpleHexAtoi(store, &about_.store) && about_.store != 0 &&
                        (through.empty() || absl::SimpleAtoi(through, &through_ms));
  if (!is_known) return absl::DataLossError("does not say whose copy it is");
  if (!through.empty()) about_.through = absl::FromUnixMillis(through_ms);
  return absl::OkStatus();
}

StoreCopy::About StoreCopy::Known() const {
  MutexLock lock(mutex_);
  return about_;
}

StoreCopy::About StoreCopy::about() const {
  About about = Known();
  about.given = HandoverLog::GivenIn(*database_);
  return about;
}

void StoreCopy::Hear() {
  MutexLock lock(mutex_);
  about_.heard = clock_.Now();
}

absl::Status StoreCopy::Apply(const v1::CopyChunk& chunk) {
  if (chunk.cursor().size() > kMaxCursorBytes) return absl::InvalidArgumentError("a cursor that is too large");
  rocksdb::WriteBatch batch;
  MutexLock writing(writing_);
  About next = Known();
  next.heard = clock_.Now();
  if (chunk.anew()) {
    next.through = absl::InfinitePast();
    next.cursor.clear();
    for (const CopiedColumn& each : kCopiedColumns) {
      if (each.column == Column::kControl) continue;
      database_->DeleteRange(batch, each.column, "", kPastEveryKey);
    }
    database_->DeleteRange(batch, Column::kControl, "", kOwnKeys);
    database_->DeleteRange(batch, Column::kControl, PastOwnKeys(), kPastEveryKey);
    database_->Delete(batch, Column::kControl, kThroughKey);
  }
  for (const v1::StoreChange& change : chunk.changes()) {
    const auto column = ColumnNamed(change.column());
    if (!column || change.key().empty() || !IsCopied(*column, change.key())) {
      return absl::InvalidArgumentError("a change of what is not copied");
    }
    switch (change.kind()) {
      case v1::StoreChange::KIND_PUT:
        database_->Put(batch, *column, change.key(), change.value());
        break;
      case v1::StoreChange::KIND_DELETE:
        database_->Delete(batch, *column, change.key());
        break;
      case v1::StoreChange::KIND_DELETE_RANGE:
        if (*column == Column::kControl && change.key() < PastOwnKeys() && change.value() > kOwnKeys) {
          return absl::InvalidArgumentError("a change of what is not copied");
        }
        database_->DeleteRange(batch, *column, change.key(), change.value());
        break;
      default:
        return absl::InvalidArgumentError("a change of no kind");
    }
  }
  if (!chunk.cursor().empty()) next.cursor = chunk.cursor();
  database_->Put(batch, Column::kControl, kCursorKey, next.cursor);
  if (chunk.has_through_unix_ms()) {
    next.through = absl::FromUnixMillis(chunk.through_unix_ms());
    database_->Put(batch, Column::kControl, kThroughKey, absl::StrCat(chunk.through_unix_ms()));
  }
  // What a power failure takes is sent again: the cursor goes with it.
  TRIBUTARY_RETURN_IF_ERROR(database_->Write(batch, /*durable=*/false));
  MutexLock lock(mutex_);
  if (chunk.anew()) open_.reset();
  about_ = std::move(next);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const OpenCopy>> StoreCopy::OpenLedger(const std::string& of) const {
  Ledger::Options options = ledger_options_;
  options.node_id = of;
  auto open = std::make_shared<OpenCopy>();
  open->database = database_;
  TRIBUTARY_ASSIGN_OR_RETURN(open->ledger, Ledger::Open(*database_, std::move(options), clock_.Now()));
  return open;
}

absl::StatusOr<std::shared_ptr<const OpenCopy>> StoreCopy::Read() {
  MutexLock lock(mutex_);
  if (about_.through == absl::InfinitePast()) return absl::FailedPreconditionError("the copy is not whole yet");
  const bool is_old = opened_at_ != about_.cursor && clock_.Now() - opened_ >= kOpenAnewAfter;
  if (open_ == nullptr || is_old) {
    TRIBUTARY_ASSIGN_OR_RETURN(open_, OpenLedger(about_.of));
    opened_at_ = about_.cursor;
    opened_ = clock_.Now();
  }
  return open_;
}

void StoreCopy::CloseUnread() {
  MutexLock lock(mutex_);
  if (open_ != nullptr && clock_.Now() - opened_ >= kCloseAfter) open_.reset();
}

absl::Status StoreCopy::Tend() {
  MutexLock writing(writing_);  // else a row of the owner's could be followed by an older one
  const About about = Known();
  if (about.through == absl::InfinitePast()) return absl::OkStatus();
  TRIBUTARY_ASSIGN_OR_RETURN(const std::shared_ptr<const OpenCopy> open, OpenLedger(about.of));
  while (true) {
    TRIBUTARY_ASSIGN_OR_RETURN(const bool did, open->ledger->RollUp(kRowsAtOnce, /*is_last=*/true));
    if (!did) break;
  }
  const IntervalIndex every_manifest = 0;
  return open->ledger->DropOld(clock_.Now(), every_manifest);
}

}  // namespace tributary
