#include "global/store/database.h"

#include "gtest/gtest.h"
#include "rocksdb/write_batch.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

// A write that no table holds yet is on disk all the same, in the log.
TEST(DatabaseTest, DiskBytesCountTheWriteAheadLog) {
  TempDir dir;
  const auto database = Database::Open({dir.path(), "test", absl::Seconds(10), 8 << 20, 8 << 20});
  ASSERT_TRUE(database.ok()) << database.status();
  const uint64_t before = (*database)->DiskBytes();
  EXPECT_GT(before, 0u);
  rocksdb::WriteBatch batch;
  (*database)->Put(batch, Column::kOutbox, "key", std::string(1 << 20, 'x'));
  ASSERT_TRUE((*database)->Write(batch, /*durable=*/true).ok());
  EXPECT_GE((*database)->DiskBytes(), before + (1 << 20));
}

}  // namespace
}  // namespace tributary
