// A store and its copy, compared key by key.

#include "global/copies/store_feed.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/write_batch.h"
#include "tests/global/copies/copy_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

constexpr size_t kMegabyte = 1 << 20;

// Sends what a feed has to a copy.
class Copying {
 public:
  explicit Copying(Source& source) : source_(source) { RestartHolder(); }
  void Begin() {
    const auto about = held_->Begin(source_.name, "global-0");
    ASSERT_TRUE(about.ok()) << about.status();
    feed_ = std::make_unique<StoreFeed>(*source_.database, about->cursor);
    is_anew_ = about->cursor.empty();
  }
  void BeginAnew() {
    feed_ = std::make_unique<StoreFeed>(*source_.database, "");
    is_anew_ = true;
  }
  void RestartHolder() {
    held_.reset();
    held_ = *HeldCopies::Open(HeldOptions(folder_.path()), clock_);
    Begin();
  }
  // The feed holds on to the store.
  void Close() { feed_.reset(); }
  // At most so many chunks.
  absl::Status Send(size_t max_bytes, int chunks = 1'000'000) {
    for (int i = 0; i < chunks; ++i) {
      v1::CopyChunk chunk;
      const absl::StatusOr<bool> changed = feed_->Next(max_bytes, chunk);
      if (!changed.ok()) return changed.status();
      if (!*changed) break;
      largest = std::max(largest, chunk.ByteSizeLong());
      chunk.set_store(source_.name);
      chunk.set_anew(std::exchange(is_anew_, false));
      if (const absl::Status applied = held_->Apply(chunk); !applied.ok()) return applied;
    }
    return absl::OkStatus();
  }
  StoreDump Copied() {
    held_.reset();
    StoreDump dump;
    {
      const auto database =
          Database::OpenReadOnly(absl::StrCat(folder_.path(), "/", absl::Hex(source_.name, absl::kZeroPad16)));
      EXPECT_TRUE(database.ok()) << database.status();
      dump = Dump(**database);
    }
    held_ = *HeldCopies::Open(HeldOptions(folder_.path()), clock_);
    return dump;
  }
  const StoreFeed& feed() const { return *feed_; }
  size_t largest = 0;

 private:
  Source& source_;
  const TempDir folder_;
  const SystemClock clock_;
  std::unique_ptr<HeldCopies> held_;
  std::unique_ptr<StoreFeed> feed_;
  bool is_anew_ = false;
};

TEST(StoreFeedTest, TellsWhatThereIsAndWhatComes) {
  const TempDir folder;
  Source source(folder.path());
  source.Count("before", 20);
  Copying copying(source);
  EXPECT_FALSE(copying.feed().is_whole());
  ASSERT_TRUE(copying.Send(kMegabyte).ok());
  EXPECT_TRUE(copying.feed().is_whole());
  EXPECT_EQ(copying.Copied(), Dump(*source.database));
  source.Count("after", 400);
  source.RollUp();
  ASSERT_TRUE(copying.Send(kMegabyte).ok());
  EXPECT_EQ(copying.Copied(), Dump(*source.database));
}

TEST(StoreFeedTest, CutsLargeBatches) {
  const TempDir folder;
  Source source(folder.path());
  Copying copying(source);
  ASSERT_TRUE(copying.Send(kMegabyte).ok());
  rocksdb::WriteBatch batch;
  for (int i = 0; i < 1000; ++i) {
    source.database->Put(batch, Column::kRows, absl::StrCat("key", i), std::string(100, 'x'));
  }
  ASSERT_TRUE(source.database->Write(batch, true).ok());
  copying.largest = 0;
  ASSERT_TRUE(copying.Send(1000, /*chunks=*/3).ok());
  copying.Begin();  // in the middle of the batch
  ASSERT_TRUE(copying.Send(1000).ok());
  EXPECT_LT(copying.largest, 2000u);
  EXPECT_EQ(copying.Copied(), Dump(*source.database));
}

// Any writing, any restarts.
TEST(StoreFeedTest, ACopyIsTheStoreWhateverHappens) {
  for (int seed = 0; seed < 8; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const TempDir folder;
    Source source(folder.path());
    Copying copying(source);
    const auto key = [&] { return absl::StrCat("k", random() % 50); };
    for (int step = 0; step < 150; ++step) {
      rocksdb::WriteBatch batch;
      for (unsigned i = 0, count = 1 + random() % 20; i < count; ++i) {
        const Column column = kCopiedColumns[random() % kCopiedColumns.size()].column;
        std::string from = key(), to = key();
        if (from > to) std::swap(from, to);
        switch (random() % 8) {
          case 0:
            source.database->Delete(batch, column, from);
            break;
          case 1:
            source.database->DeleteRange(batch, column, from, to);
            break;
          case 2:
            source.database->Put(batch, Column::kOutbox, from, "is not copied");
            break;
          default:
            source.database->Put(batch, column, from, absl::StrCat("v", random() % 1000));
        }
      }
      ASSERT_TRUE(source.database->Write(batch, random() % 2 == 0).ok());
      const unsigned what = random() % 12;
      if (what == 0) {
        copying.RestartHolder();
      } else if (what == 1) {
        copying.Close();
        source.OpenDatabase();
        copying.Begin();
      } else {
        ASSERT_TRUE(copying.Send(1 + random() % 2000, static_cast<int>(random() % 4)).ok());
      }
    }
    ASSERT_TRUE(copying.Send(kMegabyte).ok());
    EXPECT_EQ(copying.Copied(), Dump(*source.database));
  }
}

TEST(StoreFeedTest, WhereTheLogIsGoneThereIsNoWayOn) {
  const TempDir folder;
  Source source(folder.path(), /*log_bytes=*/0);
  Copying copying(source);
  source.Count("a", 3);
  ASSERT_TRUE(copying.Send(kMegabyte).ok());
  copying.Close();
  for (int i = 0; i < 40; ++i) {  // more than the buffers hold
    rocksdb::WriteBatch batch;
    for (const Column column : {Column::kRows, Column::kStale}) {
      source.database->Put(batch, column, absl::StrCat("key", i),
                           std::string(200 << 10, static_cast<char>('a' + i % 20)));
    }
    ASSERT_TRUE(source.database->Write(batch, true).ok());
  }
  source.OpenDatabase();
  copying.Begin();
  const absl::Status sent = copying.Send(kMegabyte);
  ASSERT_EQ(sent.code(), absl::StatusCode::kNotFound) << sent;
  rocksdb::WriteBatch batch;
  source.database->Delete(batch, Column::kRows, "key7");  // a copy that only adds would keep it
  ASSERT_TRUE(source.database->Write(batch, true).ok());
  copying.BeginAnew();
  ASSERT_TRUE(copying.Send(kMegabyte).ok());
  EXPECT_EQ(copying.Copied(), Dump(*source.database));
}

TEST(StoreFeedTest, RefusesCursorsOfNoPlace) {
  const TempDir folder;
  Source source(folder.path());
  source.Count("a", 1);
  v1::CopyChunk chunk;
  const std::string far("\x02\xff\xff\xff\xff\xff\xff\xff\x7f\0\0", 11);
  for (const std::string& cursor : {std::string("x"), std::string(100, '\x02'), far}) {
    EXPECT_EQ(StoreFeed(*source.database, cursor).Next(1000, chunk).status().code(), absl::StatusCode::kNotFound);
  }
}

}  // namespace
}  // namespace tributary
