#include "global/store/change_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "global/store/rocks.h"
#include "rocksdb/db.h"
#include "rocksdb/transaction_log.h"
#include "rocksdb/write_batch.h"

namespace tributary {

// Of one batch: counts its keys as RocksDB does.
class ChangeReader::Visitor : public rocksdb::WriteBatch::Handler {
 public:
  Visitor(ChangeReader& reader, absl::FunctionRef<bool(const StoreChange&)> visit)
      : reader_(reader), visit_(visit), number_(reader.batch_begins_) {}

  bool wants_more() const { return wants_more_; }
  bool Continue() override { return wants_more_; }

  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key, const rocksdb::Slice& value) override {
    return See(family, StoreChange::Kind::kPut, key, value);
  }
  rocksdb::Status DeleteCF(uint32_t family, const rocksdb::Slice& key) override {
    return See(family, StoreChange::Kind::kDelete, key, {});
  }
  rocksdb::Status DeleteRangeCF(uint32_t family, const rocksdb::Slice& from, const rocksdb::Slice& to) override {
    return See(family, StoreChange::Kind::kDeleteRange, from, to);
  }

 private:
  rocksdb::Status See(uint32_t family, StoreChange::Kind kind, const rocksdb::Slice& key, const rocksdb::Slice& value) {
    if (number_++ < reader_.next_) return rocksdb::Status::OK();
    const auto& handles = reader_.database_.handles_;
    const auto handle = std::find_if(handles.begin(), handles.end(),
                                     [&](rocksdb::ColumnFamilyHandle* each) { return each->GetID() == family; });
    reader_.next_ = number_;
    if (handle == handles.end()) return rocksdb::Status::OK();
    wants_more_ = visit_({static_cast<Column>(handle - handles.begin()), kind, ToView(key), ToView(value)});
    return rocksdb::Status::OK();
  }

  ChangeReader& reader_;
  const absl::FunctionRef<bool(const StoreChange&)> visit_;
  uint64_t number_;
  bool wants_more_ = true;
};

ChangeReader::ChangeReader(const Database& database, uint64_t from) : database_(database), next_(from) {}
ChangeReader::~ChangeReader() = default;

absl::StatusOr<bool> ChangeReader::Load() {
  if (batch_ != nullptr) return true;
  if (database_.LastChange() < next_) return false;
  // At the end of what there was, the iterator goes on when there is more.
  if (iterator_ != nullptr) iterator_->Next();
  if (iterator_ == nullptr || !iterator_->Valid()) {
    const rocksdb::Status opened = database_.db_->GetUpdatesSince(next_, &iterator_);
    if (!opened.ok()) return absl::NotFoundError(absl::StrCat("the store's log: ", opened.ToString()));
  }
  if (!iterator_->Valid()) {
    const rocksdb::Status status = iterator_->status();
    iterator_.reset();
    if (status.IsTryAgain()) return false;  // a file has just ended
    // What has a number is in the log, or was.
    return absl::NotFoundError(absl::StrCat("the store's log: ", status.ok() ? "is gone" : status.ToString()));
  }
  rocksdb::BatchResult result = iterator_->GetBatch();
  if (result.sequence > next_) return absl::NotFoundError("the store's log begins later");
  batch_ = std::move(result.writeBatchPtr);
  batch_begins_ = result.sequence;
  return true;
}

absl::Status ChangeReader::Read(absl::FunctionRef<bool(const StoreChange&)> visit) {
  while (true) {
    TRIBUTARY_ASSIGN_OR_RETURN(const bool is_there, Load());
    if (!is_there) return absl::OkStatus();
    Visitor visitor(*this, visit);
    TRIBUTARY_RETURN_IF_ERROR(FromRocks(batch_->Iterate(&visitor), "reading the store's log"));
    if (!visitor.wants_more() && next_ < batch_begins_ + batch_->Count()) return absl::OkStatus();
    next_ = std::max(next_, batch_begins_ + batch_->Count());
    batch_.reset();
    if (!visitor.wants_more()) return absl::OkStatus();
  }
}

}  // namespace tributary
