#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
class Iterator;
class WriteBatch;
struct ReadOptions;
}  // namespace rocksdb

namespace tributary {

// What is kept apart in the database. Values are part of nothing stored: families go by name.
enum class Column : uint8_t { kRows, kKeys, kManifests, kTotals, kOutbox, kControl, kLifetimes, kStale };
inline constexpr size_t kColumns = 8;

// Names a store from its making to its end; random, not 0. One that was emptied is another.
using StoreId = uint64_t;
inline constexpr absl::string_view kStoreIdKey = "store_id";  // in Column::kControl

class ChangeReader;

// The one RocksDB of an owner, with our column families. Knows nothing of what is in them but who it belongs to.
//
// Belonging: cluster, interval and partition count are written at the first start and checked at every other; a
//            database of other values, of a later format, or of somebody else is refused.
// Threads:   thread-safe; closed by the destructor, after every iterator is gone.
class Database {
 public:
  struct Options {
    std::string path;
    std::string cluster;
    absl::Duration interval = absl::Seconds(10);
    uint64_t cache_bytes = 64 << 20;         // blocks kept for queries; more: faster repeated queries
    uint64_t write_buffer_bytes = 16 << 20;  // per column family; more: fewer, larger files
    uint64_t log_bytes = 0;                  // kept of what was written lately, for ReadChanges; in about, at least
  };
  static absl::StatusOr<std::unique_ptr<Database>> Open(const Options& options);
  // A store as it is, for looking at, also while its owner has it open. Nothing can be written.
  static absl::StatusOr<std::unique_ptr<Database>> OpenReadOnly(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void Put(rocksdb::WriteBatch& batch, Column column, absl::string_view key, absl::string_view value) const;
  void Delete(rocksdb::WriteBatch& batch, Column column, absl::string_view key) const;
  // Keys in [from, to).
  void DeleteRange(rocksdb::WriteBatch& batch, Column column, absl::string_view from, absl::string_view to) const;
  // All of the batch or nothing. When `durable`, it is on disk when this returns.
  absl::Status Write(rocksdb::WriteBatch& batch, bool durable);
  // What was written before is on disk when this returns; writers do not wait for it.
  absl::Status Sync();

  absl::StatusOr<std::optional<std::string>> Get(Column column, absl::string_view key) const;
  std::unique_ptr<rocksdb::Iterator> NewIterator(Column column, const rocksdb::ReadOptions& options) const;
  // Every key, in order, until `visit` fails.
  absl::Status ForEach(Column column,
                       absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> visit) const;
  // Gives whole files in [from, to) back to the disk; readers may see the keys go. DeleteRange does the rest.
  absl::Status DropFiles(Column column, absl::string_view from, absl::string_view to);

  // The number of the last change; every key of a batch is one. Any thread.
  uint64_t LastChange() const;
  // From the change of this number on.
  std::unique_ptr<ChangeReader> ReadChanges(uint64_t from) const;

  // Gives it a name if it has none. The writer's.
  absl::StatusOr<StoreId> Name();

  // Of the tables that have keys in [from, to), as far as they are written: what is still in memory is not in it.
  struct Measure {
    uint64_t bytes = 0;
    uint64_t entries = 0;
  };
  absl::StatusOr<Measure> MeasureTables(Column column, absl::string_view from, absl::string_view to) const;

  // Whom the store was made for: cluster and interval are set.
  absl::StatusOr<Options> MadeFor() const;
  // Reads every table file and compares its checksums; `visit` is told of each.
  void VerifyFiles(absl::FunctionRef<void(const std::string& file, const absl::Status&)> visit) const;

  // Of every file in the folder: tables, the write-ahead log, logs. Looks at each, a few hundred: for scrapes.
  uint64_t DiskBytes() const;

 private:
  friend class ChangeReader;
  Database() = default;
  static absl::StatusOr<std::unique_ptr<Database>> OpenAs(const Options& options, bool read_only);
  absl::Status CheckOwner(const Options& options);

  std::string path_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kColumns> handles_{};
};

}  // namespace tributary
