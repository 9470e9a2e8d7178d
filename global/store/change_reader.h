#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "global/store/database.h"

namespace rocksdb {
class TransactionLogIterator;
class WriteBatch;
}  // namespace rocksdb

namespace tributary {

// One key that was written.
struct StoreChange {
  enum class Kind : uint8_t { kPut, kDelete, kDeleteRange };
  Column column = Column::kRows;
  Kind kind = Kind::kPut;
  absl::string_view key;
  absl::string_view value;  // of a range: its end, which is not in it
};

// What was written to a store, in order, read from its write-ahead log: also what was written since the last look.
// Files that were dropped as a whole (Database::DropFiles) are no change.
//
// Errors:  NotFound: the log does not reach back so far, or cannot be read; there is no way on.
// Threads: thread-compatible, beside any writer. `database` outlives it.
class ChangeReader {
 public:
  ChangeReader(const Database& database, uint64_t from);
  ~ChangeReader();

  // Until there is nothing more just now, or `visit` says false: after that change.
  absl::Status Read(absl::FunctionRef<bool(const StoreChange&)> visit);
  // The number of the change that comes next.
  uint64_t next() const { return next_; }

 private:
  class Visitor;
  // Makes batch_ the one that next_ is in; false when that is not to be seen yet.
  absl::StatusOr<bool> Load();

  const Database& database_;
  uint64_t next_;
  std::unique_ptr<rocksdb::TransactionLogIterator> iterator_;
  std::unique_ptr<rocksdb::WriteBatch> batch_;
  uint64_t batch_begins_ = 0;
};

}  // namespace tributary
