// What a global keeps of others.

#include "global/copies/held_copies.h"

#include "global/copies/store_feed.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/write_batch.h"
#include "tests/global/copies/copy_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class HeldCopiesTest : public testing::Test {
 protected:
  HeldCopiesTest() : source_(source_folder_.path()), clock_(source_.scale.Start(Source::kFirst)) { Reopen(); }
  void Reopen() {
    held_.reset();
    auto opened = HeldCopies::Open(HeldOptions(held_folder_.path()), clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    held_ = *std::move(opened);
  }
  // All there is; told to be whole when `is_whole`.
  void Copy(bool is_whole = true) {
    const auto about = held_->Begin(source_.name, "global-0");
    ASSERT_TRUE(about.ok()) << about.status();
    StoreFeed feed(*source_.database, about->cursor);
    for (bool more = true; more;) {
      v1::CopyChunk chunk;
      more = *feed.Next(1 << 20, chunk);
      chunk.set_store(source_.name);
      if (!more && is_whole) chunk.set_through_unix_ms(absl::ToUnixMillis(source_.through()));
      ASSERT_TRUE(held_->Apply(chunk).ok());
    }
  }
  v1::CopyChunk ChunkOf(v1::StoreChange::Column column, v1::StoreChange::Kind kind, const std::string& key) const {
    v1::CopyChunk chunk;
    chunk.set_store(source_.name);
    v1::StoreChange& change = *chunk.add_changes();
    change.set_column(column);
    change.set_kind(kind);
    change.set_key(key);
    return chunk;
  }

  const TempDir source_folder_, held_folder_;
  Source source_;
  ManualClock clock_;
  std::unique_ptr<HeldCopies> held_;
};

TEST_F(HeldCopiesTest, AreReadAsTheStoreIs) {
  source_.Count("hits", 100);
  source_.RollUp();
  clock_.Advance(absl::Seconds(1000));
  Copy();
  const auto copy = held_->Read(source_.name);
  ASSERT_TRUE(copy.ok()) << copy.status();
  for (const absl::Duration length : {absl::Seconds(10), absl::Minutes(1)}) {
    EXPECT_EQ(TotalOf(*(*copy)->ledger, "hits", length), TotalOf(*source_.ledger, "hits", length));
  }
  EXPECT_EQ(TotalOf(*(*copy)->ledger, "hits"), 100);
  EXPECT_EQ((*copy)->ledger->sealed_through(), source_.next - 1);
}

TEST_F(HeldCopiesTest, AreNotReadBeforeTheyAreWhole) {
  source_.Count("hits", 10);
  Copy(/*is_whole=*/false);
  EXPECT_EQ(held_->Read(source_.name).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(held_->List()[0].through, absl::InfinitePast());
  Copy();
  EXPECT_TRUE(held_->Read(source_.name).ok());
  EXPECT_EQ(held_->List()[0].through, source_.through());
  v1::CopyChunk anew;
  anew.set_store(source_.name);
  anew.set_anew(true);
  ASSERT_TRUE(held_->Apply(anew).ok());
  EXPECT_EQ(held_->Read(source_.name).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(held_->List()[0].cursor, IsEmpty());
}

TEST_F(HeldCopiesTest, SurviveARestart) {
  source_.Count("hits", 10);
  Copy();
  const StoreCopy::About before = held_->List()[0];
  Reopen();
  ASSERT_THAT(held_->List(), SizeIs(1));
  const StoreCopy::About after = held_->List()[0];
  EXPECT_EQ(after.store, before.store);
  EXPECT_EQ(after.of, "global-0");
  EXPECT_EQ(after.cursor, before.cursor);
  EXPECT_EQ(after.through, before.through);
  EXPECT_EQ(TotalOf(*(*held_->Read(source_.name))->ledger, "hits"), 10);
}

TEST_F(HeldCopiesTest, ShowWhatComesLaterToLaterReaders) {
  source_.Count("hits", 10);
  Copy();
  const auto first = held_->Read(source_.name);
  source_.Count("hits", 5);
  source_.Count("new", 5);
  Copy();
  clock_.Advance(absl::Minutes(1));
  const auto second = held_->Read(source_.name);
  EXPECT_EQ(TotalOf(*(*second)->ledger, "hits"), 15);
  EXPECT_EQ(TotalOf(*(*second)->ledger, "new"), 5);
  EXPECT_EQ(TotalOf(*(*first)->ledger, "new"), 0) << "what was opened before knows no new series";
}

TEST_F(HeldCopiesTest, AreRolledUpWhenTheirOwnerIsAway) {
  source_.Count("hits", 400);  // an hour and the beginning of the next
  Copy();
  clock_.Advance(absl::Hours(2));
  held_->Tend();
  const auto copy = held_->Read(source_.name);
  source_.RollUp(/*is_last=*/true);
  for (const absl::Duration length : {absl::Minutes(1), absl::Hours(1)}) {
    EXPECT_EQ(TotalOf(*(*copy)->ledger, "hits", length), 400);
    EXPECT_EQ(TotalOf(*source_.ledger, "hits", length), 400);
  }
  // And go on when it is back.
  source_.Count("hits", 400);
  source_.RollUp();
  Copy();
  clock_.Advance(absl::Minutes(1));
  const auto later = held_->Read(source_.name);
  for (const absl::Duration length : {absl::Seconds(10), absl::Minutes(1), absl::Hours(1)}) {
    EXPECT_EQ(TotalOf(*(*later)->ledger, "hits", length), TotalOf(*source_.ledger, "hits", length));
  }
}

TEST_F(HeldCopiesTest, GoWithTheRetention) {
  source_.Count("hits", 800);
  Copy();
  clock_.Advance(absl::Hours(24 * 49));
  held_->Tend();
  EXPECT_THAT(held_->List(), SizeIs(1));
  const auto copy = held_->Read(source_.name);
  EXPECT_EQ(TotalOf(*(*copy)->ledger, "hits"), 80) << "of rows of ten seconds the last two hours, a block, stay";
  EXPECT_EQ(TotalOf(*(*copy)->ledger, "hits", absl::Hours(1)), 800);
  clock_.Advance(absl::Hours(24 * 2));
  held_->Tend();
  EXPECT_THAT(held_->List(), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(held_folder_.path()));
}

TEST_F(HeldCopiesTest, AreDroppedWhileTheyAreRead) {
  source_.Count("hits", 10);
  Copy();
  const auto copy = held_->Read(source_.name);
  ASSERT_TRUE(held_->Drop(source_.name).ok());
  EXPECT_THAT(held_->List(), IsEmpty());
  EXPECT_EQ(TotalOf(*(*copy)->ledger, "hits"), 10);
  EXPECT_EQ(held_->Read(source_.name).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(held_->Drop(source_.name).ok()) << "again";
}

TEST_F(HeldCopiesTest, OfAStoreThatWasHandedOverHaveNothing) {
  source_.Count("hits", 10);
  Copy();
  ASSERT_TRUE(source_.ledger->handovers().Give(7).ok());
  Copy();
  EXPECT_THAT(held_->List()[0].given, ElementsAre(7));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(TotalOf(*(*held_->Read(source_.name))->ledger, "hits"), 0);
  const StoreId before = source_.name;
  source_.Open();
  EXPECT_NE(source_.name, before) << "an emptied store is another";
}

TEST_F(HeldCopiesTest, AreLostWhenTheirOwnerHasAnotherStore) {
  source_.Count("hits", 10);
  Copy();
  EXPECT_THAT(held_->Lost(), IsEmpty());
  held_->Announce(source_.name + 1, "global-7");
  EXPECT_THAT(held_->Lost(), IsEmpty()) << "somebody else's";
  held_->Announce(source_.name + 1, "global-0");
  ASSERT_THAT(held_->Lost(), SizeIs(1));
  EXPECT_EQ(held_->Lost()[0]->about().store, source_.name);
  ASSERT_TRUE(held_->Begin(source_.name + 1, "global-0").ok());
  EXPECT_THAT(held_->Lost(), SizeIs(1)) << "the new one is not";
}

TEST_F(HeldCopiesTest, RefuseWhatIsNoChange) {
  Copy();
  using Change = v1::StoreChange;
  const auto refuses = [&](const v1::CopyChunk& chunk) {
    return held_->Apply(chunk).code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(refuses(ChunkOf(Change::COLUMN_UNSPECIFIED, Change::KIND_PUT, "a")));
  EXPECT_TRUE(refuses(ChunkOf(static_cast<Change::Column>(99), Change::KIND_PUT, "a")));
  EXPECT_TRUE(refuses(ChunkOf(Change::COLUMN_ROWS, Change::KIND_UNSPECIFIED, "a")));
  EXPECT_TRUE(refuses(ChunkOf(Change::COLUMN_ROWS, Change::KIND_PUT, "")));
  EXPECT_TRUE(refuses(ChunkOf(Change::COLUMN_CONTROL, Change::KIND_PUT, "copy_of")));
  v1::CopyChunk range = ChunkOf(Change::COLUMN_CONTROL, Change::KIND_DELETE_RANGE, "a");
  range.mutable_changes(0)->set_value("z");
  EXPECT_TRUE(refuses(range)) << "what the copy knows of itself is in it";
  v1::CopyChunk cursor;
  cursor.set_store(source_.name);
  cursor.set_cursor(std::string(1000, 'x'));
  EXPECT_TRUE(refuses(cursor));
  cursor.set_store(source_.name + 1);
  EXPECT_EQ(held_->Apply(cursor).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(held_->Begin(source_.name, "global-9").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HeldCopiesTest, LeaveRoomOnTheDisk) {
  held_.reset();
  HeldCopies::Options options = HeldOptions(held_folder_.path());
  options.min_free_bytes = UINT64_MAX;
  held_ = *HeldCopies::Open(options, clock_);
  ASSERT_TRUE(held_->Begin(source_.name, "global-0").ok());
  EXPECT_EQ(held_->Apply(ChunkOf(v1::StoreChange::COLUMN_ROWS, v1::StoreChange::KIND_PUT, "a")).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(HeldCopiesTest, AreBoundedInNumber) {
  for (StoreId store = 1; store <= HeldCopies::kMaxCopies; ++store) {
    ASSERT_TRUE(held_->Begin(store, absl::StrCat("global-", store)).ok());
  }
  EXPECT_EQ(held_->Begin(1000, "global-x").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(held_->Begin(1, "global-1").ok()) << "that is there";
}

}  // namespace
}  // namespace tributary
