#include "global/store/database.h"

#include <filesystem>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/hash/partition.h"
#include "global/store/change_reader.h"
#include "global/store/rocks.h"
#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/sst_file_reader.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"

namespace tributary {
namespace {

constexpr absl::string_view kFormat = "1";
constexpr size_t kRowPrefixBytes = 9;  // resolution, block, key id: what one series has in one block
// Resolution, block and a byte of the id. RocksDB 7.8 takes the hint of a prefix for deleted ranges too, which lie in
// another list: theirs begin with a block's prefix, which is too short to have this one.
constexpr size_t kRowHintPrefixBytes = 6;

constexpr std::array<absl::string_view, kColumns> kColumnNames = {"rows",   "keys",    "manifests", "totals",
                                                                  "outbox", "control", "lifetimes", "stale"};

rocksdb::ColumnFamilyOptions FamilyOptions(Column column, const Database::Options& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16 << 10;
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = options.write_buffer_bytes;
  family.compression = rocksdb::kLZ4Compression;
  family.bottommost_compression = rocksdb::kZSTD;
  family.level_compaction_dynamic_level_bytes = true;
  if (column == Column::kRows) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.whole_key_filtering = false;
    family.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(kRowPrefixBytes));
  }
  // A commit writes rows and totals in the order of their keys: each finds its place from that of the one before.
  if (column == Column::kRows || column == Column::kTotals) {
    const size_t hint_prefix_bytes = column == Column::kRows ? kRowHintPrefixBytes : 1;
    family.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(hint_prefix_bytes));
  }
  if (column == Column::kOutbox) family.compression = family.bottommost_compression = rocksdb::kNoCompression;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

rocksdb::DBOptions DbOptions(const Database::Options& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_background_jobs = 2;
  db.max_total_wal_size = 4 * options.write_buffer_bytes;
  db.WAL_size_limit_MB = options.log_bytes >> 20;
  db.keep_log_file_num = 3;
  db.max_open_files = 512;
  // What was acknowledged is synced: a torn tail was not, damage anywhere else is an error.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  return db;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.path, error);
  if (error)
    return absl::FailedPreconditionError(absl::StrCat("making the folder ", options.path, ": ", error.message()));
  TRIBUTARY_ASSIGN_OR_RETURN(auto database, OpenAs(options, /*read_only=*/false));
  TRIBUTARY_RETURN_IF_ERROR(Annotate(database->CheckOwner(options), absl::StrCat("the store in ", options.path)));
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenReadOnly(const std::string& path) {
  Options options;
  options.path = path;
  return OpenAs(options, /*read_only=*/true);
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenAs(const Options& options, bool read_only) {
  const auto cache = rocksdb::NewLRUCache(options.cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t column = 0; column < kColumns; ++column) {
    families.emplace_back(std::string(kColumnNames[column]),
                          FamilyOptions(static_cast<Column>(column), options, cache));
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());

  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status opened =
      read_only ? rocksdb::DB::OpenForReadOnly(DbOptions(options), options.path, families, &handles, &db)
                : rocksdb::DB::Open(DbOptions(options), options.path, families, &handles, &db);
  if (!opened.ok()) return FromRocks(opened, absl::StrCat("opening the store in ", options.path));
  auto database = std::unique_ptr<Database>(new Database());
  database->db_.reset(db);
  database->path_ = options.path;
  for (size_t column = 0; column < kColumns; ++column) database->handles_[column] = handles[column];
  db->DestroyColumnFamilyHandle(handles[kColumns]);
  return database;
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  if (const rocksdb::Status closed = db_->Close(); !closed.ok()) {
    TRIBUTARY_LOG_ERROR("closing the store: {}", closed.ToString());
  }
}

absl::Status Database::CheckOwner(const Options& options) {
  const std::vector<std::pair<std::string, std::string>> facts = {{"format", std::string(kFormat)},
                                                                  {"cluster", options.cluster},
                                                                  {"interval", absl::FormatDuration(options.interval)},
                                                                  {"partitions", absl::StrCat(kPartitionCount)}};
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : facts) {
    TRIBUTARY_ASSIGN_OR_RETURN(std::optional<std::string> stored, Get(Column::kControl, key));
    if (!stored) {
      Put(batch, Column::kControl, key, value);
    } else if (*stored != value) {
      return absl::FailedPreconditionError(
          absl::StrCat("was made for ", key, " \"", *stored, "\", not \"", value, "\""));
    }
  }
  if (batch.Count() == 0) return absl::OkStatus();
  if (batch.Count() < facts.size()) return absl::DataLossError("does not say whom it belongs to");
  return Write(batch, true);
}

void Database::Put(rocksdb::WriteBatch& batch, Column column, absl::string_view key, absl::string_view value) const {
  batch.Put(handles_[static_cast<size_t>(column)], ToSlice(key), ToSlice(value));
}

void Database::Delete(rocksdb::WriteBatch& batch, Column column, absl::string_view key) const {
  batch.Delete(handles_[static_cast<size_t>(column)], ToSlice(key));
}

void Database::DeleteRange(rocksdb::WriteBatch& batch, Column column, absl::string_view from,
                           absl::string_view to) const {
  batch.DeleteRange(handles_[static_cast<size_t>(column)], ToSlice(from), ToSlice(to));
}

absl::Status Database::Write(rocksdb::WriteBatch& batch, bool durable) {
  rocksdb::WriteOptions options;
  options.sync = durable;
  return FromRocks(db_->Write(options, &batch), "writing to the store");
}

absl::Status Database::Sync() { return FromRocks(db_->SyncWAL(), "syncing the store"); }

absl::StatusOr<std::optional<std::string>> Database::Get(Column column, absl::string_view key) const {
  std::string value;
  const rocksdb::Status got =
      db_->Get(rocksdb::ReadOptions(), handles_[static_cast<size_t>(column)], ToSlice(key), &value);
  if (got.IsNotFound()) return std::optional<std::string>();
  if (!got.ok()) return FromRocks(got, "reading the store");
  return std::optional<std::string>(std::move(value));
}

std::unique_ptr<rocksdb::Iterator> Database::NewIterator(Column column, const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, handles_[static_cast<size_t>(column)]));
}

absl::Status Database::ForEach(
    Column column, absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> visit) const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.total_order_seek = true;
  const auto iterator = NewIterator(column, options);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    TRIBUTARY_RETURN_IF_ERROR(visit(ToView(iterator->key()), ToView(iterator->value())));
  }
  return FromRocks(iterator->status(), "reading the store");
}

absl::Status Database::DropFiles(Column column, absl::string_view from, absl::string_view to) {
  const rocksdb::Slice begin = ToSlice(from), end = ToSlice(to);
  return FromRocks(rocksdb::DeleteFilesInRange(db_.get(), handles_[static_cast<size_t>(column)], &begin, &end,
                                               /*include_end=*/false),
                   "dropping old files of the store");
}

uint64_t Database::LastChange() const { return db_->GetLatestSequenceNumber(); }

std::unique_ptr<ChangeReader> Database::ReadChanges(uint64_t from) const {
  return std::make_unique<ChangeReader>(*this, from);
}

absl::StatusOr<StoreId> Database::Name() {
  TRIBUTARY_ASSIGN_OR_RETURN(const auto known, Get(Column::kControl, kStoreIdKey));
  StoreId id = 0;
  if (known) {
    if (!absl::SimpleHexAtoi(*known, &id) || id == 0) return absl::DataLossError("the store's name cannot be read");
    return id;
  }
  std::random_device random;
  while (id == 0) id = (uint64_t{random()} << 32) | random();
  rocksdb::WriteBatch batch;
  Put(batch, Column::kControl, kStoreIdKey, absl::StrCat(absl::Hex(id)));
  TRIBUTARY_RETURN_IF_ERROR(Write(batch, /*durable=*/true));
  return id;
}

absl::StatusOr<Database::Measure> Database::MeasureTables(Column column, absl::string_view from,
                                                          absl::string_view to) const {
  const rocksdb::Range range(ToSlice(from), ToSlice(to));
  rocksdb::TablePropertiesCollection tables;
  TRIBUTARY_RETURN_IF_ERROR(FromRocks(
      db_->GetPropertiesOfTablesInRange(handles_[static_cast<size_t>(column)], &range, 1, &tables), "measuring"));
  Measure measure;
  for (const auto& [file, properties] : tables) {
    measure.bytes += properties->data_size + properties->index_size + properties->filter_size;
    measure.entries += properties->num_entries;
  }
  return measure;
}

absl::StatusOr<Database::Options> Database::MadeFor() const {
  Options options;
  options.path = path_;
  TRIBUTARY_ASSIGN_OR_RETURN(const auto cluster, Get(Column::kControl, "cluster"));
  TRIBUTARY_ASSIGN_OR_RETURN(const auto interval, Get(Column::kControl, "interval"));
  if (!cluster || !interval || !absl::ParseDuration(*interval, &options.interval)) {
    return absl::DataLossError(absl::StrCat("the store in ", path_, " does not say whom it belongs to"));
  }
  options.cluster = *cluster;
  return options;
}

void Database::VerifyFiles(absl::FunctionRef<void(const std::string& file, const absl::Status&)> visit) const {
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  for (const rocksdb::LiveFileMetaData& file : files) {
    const std::string path = absl::StrCat(file.db_path, file.name);
    rocksdb::SstFileReader reader{rocksdb::Options()};
    rocksdb::Status status = reader.Open(path);
    if (status.ok()) status = reader.VerifyChecksum();
    visit(path, FromRocks(status, path));
  }
}

// Files come and go meanwhile: what cannot be looked at any more counts for nothing.
uint64_t Database::DiskBytes() const {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const uint64_t size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace tributary
