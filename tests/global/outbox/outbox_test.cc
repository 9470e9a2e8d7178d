#include "global/outbox/outbox.h"

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "global/outbox/entry_codec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/write_batch.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::ElementsAre;

Event MakeEvent(const std::string& title) {
  Event event;
  event.title = title;
  event.tags = {"env:prod"};
  return event;
}

class OutboxTest : public testing::Test {
 protected:
  void SetUp() override { Reopen({"a", "b"}); }

  void Reopen(const std::vector<std::string>& sinks, uint64_t max_bytes = 1 << 20) {
    outbox_.reset();
    database_.reset();
    Database::Options options;
    options.path = dir_.path();
    database_ = *Database::Open(options);
    auto opened = Outbox::Open(*database_, max_bytes, sinks);
    ASSERT_TRUE(opened.ok()) << opened.status();
    outbox_ = *std::move(opened);
  }
  // Commits one entry with rows of these values; with `noise` it does not compress.
  void Commit(const std::vector<int>& values, size_t noise = 0) {
    std::vector<Row> rows;
    for (const int value : values) {
      rows.push_back(CounterRow(absl::StrCat("m", value), 1000 + value, value));
      SeriesKey key = rows.back().key;
      for (size_t i = 0; i < noise; i += 16) key.name += InstanceId::Random().ToString();
      rows.back().key = std::move(key);
    }
    std::vector<const Row*> pointers;
    for (const Row& row : rows) pointers.push_back(&row);
    Commit(pointers, {});
  }
  void Commit(const std::vector<const Row*>& rows, const std::vector<const Event*>& events) {
    rocksdb::WriteBatch batch;
    const auto entries = outbox_->Put(rows, events, batch);
    ASSERT_TRUE(database_->Write(batch, true).ok());
    outbox_->Written(entries);
  }
  std::vector<int64_t> Take(const std::string& sink, bool acknowledge = true) {
    std::vector<int64_t> values;
    const auto batch = outbox_->SourceFor(sink).Next(absl::ZeroDuration());
    if (!batch) return values;
    for (const Row& row : batch->rows) values.push_back(row.interval - 1000);
    if (acknowledge) outbox_->SourceFor(sink).Acknowledge(batch->sequence);
    return values;
  }
  void ExpectBalance(const std::string& sink) {
    const Outbox::Stats stats = outbox_->StatsOf(sink);
    EXPECT_EQ(stats.committed, stats.acknowledged + stats.queued + stats.dropped) << sink;
  }

  TempDir dir_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Outbox> outbox_;
};

TEST_F(OutboxTest, EachSinkReadsEverythingInOrderAtItsOwnPace) {
  Commit({1, 2});
  Commit({3});
  EXPECT_THAT(Take("a"), ElementsAre(1, 2));
  EXPECT_THAT(Take("a"), ElementsAre(3));
  EXPECT_THAT(Take("a"), ElementsAre());
  EXPECT_GT(outbox_->bytes(), 0u);
  EXPECT_THAT(Take("b"), ElementsAre(1, 2));
  EXPECT_THAT(Take("b"), ElementsAre(3));
  EXPECT_EQ(outbox_->bytes(), 0u) << "all have passed";
  ExpectBalance("a");
}

TEST_F(OutboxTest, WhatWasNotAcknowledgedComesAgainAfterARestart) {
  Commit({1});
  Commit({2});
  Take("a");
  EXPECT_THAT(Take("a", false), ElementsAre(2));
  Reopen({"a", "b"});
  EXPECT_THAT(Take("a"), ElementsAre(2));
  EXPECT_EQ(outbox_->StatsOf("b").queued, 2u);
  EXPECT_THAT(Take("b"), ElementsAre(1));
}

TEST_F(OutboxTest, SequenceGoesOnAfterTheOutboxWasEmpty) {
  Commit({1});
  Take("a");
  Take("b");
  Reopen({"a", "b"});
  Commit({2});
  EXPECT_THAT(Take("a"), ElementsAre(2));
  EXPECT_THAT(Take("b"), ElementsAre(2));
}

TEST_F(OutboxTest, NewSinkStartsWithWhatComesNextAndARemovedOneHoldsNothing) {
  Commit({1});
  Reopen({"a", "new"});
  EXPECT_THAT(Take("new"), ElementsAre());
  EXPECT_THAT(Take("a"), ElementsAre(1));
  EXPECT_EQ(outbox_->bytes(), 0u);
  Commit({2});
  EXPECT_THAT(Take("new"), ElementsAre(2));
}

TEST_F(OutboxTest, BeyondTheBoundTheOldestAreDroppedAndCounted) {
  Reopen({"a", "b"}, 2000);
  Commit({1}, 400);
  Take("b");
  for (int i = 2; i <= 6; ++i) Commit({i}, 400);
  EXPECT_LE(outbox_->bytes(), 2000u);
  EXPECT_GT(outbox_->StatsOf("a").dropped, 0u);
  EXPECT_EQ(outbox_->StatsOf("a").dropped, outbox_->StatsOf("b").dropped + 1) << "b has passed the first";
  ExpectBalance("a");
  ExpectBalance("b");
  const auto next = Take("a");
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0], static_cast<int64_t>(outbox_->StatsOf("a").dropped) + 1);
}

constexpr int kHour = 360;  // intervals of 10 s

TEST_F(OutboxTest, AnHourWithoutTheStorageIsGivenToItOnceInOrder) {
  std::vector<int64_t> expected;
  for (int interval = 1; interval <= kHour; ++interval) {
    Commit({interval}, 400);
    expected.push_back(interval);
    EXPECT_THAT(Take("b"), ElementsAre(interval)) << "the other sink goes on";
    if (interval == kHour / 2) Reopen({"a", "b"});
  }
  EXPECT_EQ(outbox_->StatsOf("a").queued, kHour);
  std::vector<int64_t> taken;
  for (auto next = Take("a"); !next.empty(); next = Take("a")) taken.insert(taken.end(), next.begin(), next.end());
  EXPECT_EQ(taken, expected);
  EXPECT_EQ(outbox_->StatsOf("a").dropped, 0u);
  ExpectBalance("a");
}

TEST_F(OutboxTest, AnHourBeyondTheBoundKeepsTheNewest) {
  constexpr uint64_t kBound = 64 << 10;
  Reopen({"a"}, kBound);
  for (int interval = 1; interval <= kHour; ++interval) {
    Commit({interval}, 400);
    EXPECT_LE(outbox_->bytes(), kBound);
  }
  const uint64_t dropped = outbox_->StatsOf("a").dropped;
  EXPECT_GT(dropped, 0u);
  std::vector<int64_t> taken;
  for (auto next = Take("a"); !next.empty(); next = Take("a")) taken.insert(taken.end(), next.begin(), next.end());
  ASSERT_EQ(taken.size(), kHour - dropped);
  EXPECT_EQ(taken.front(), static_cast<int64_t>(dropped) + 1) << "the oldest went";
  EXPECT_EQ(taken.back(), kHour);
  ExpectBalance("a");
}

TEST_F(OutboxTest, BatchInHandIsNotDropped) {
  Reopen({"a"}, 2000);
  Commit({1}, 400);
  const auto batch = outbox_->SourceFor("a").Next(absl::ZeroDuration());
  for (int i = 2; i <= 6; ++i) Commit({i}, 400);
  outbox_->SourceFor("a").Acknowledge(batch->sequence);
  EXPECT_EQ(outbox_->StatsOf("a").acknowledged, 1u);
  ExpectBalance("a");
}

TEST_F(OutboxTest, FeedersReadWhileCommitsGoOn) {
  constexpr int kCommits = 50;
  std::map<std::string, std::vector<int64_t>> read = {{"a", {}}, {"b", {}}};
  std::vector<std::thread> feeders;
  for (auto& [sink, values] : read) {
    feeders.emplace_back([&source = outbox_->SourceFor(sink), &values = values] {
      while (values.size() < kCommits) {
        const auto batch = source.Next(absl::Seconds(30));
        if (!batch) return;
        for (const Row& row : batch->rows) values.push_back(row.interval - 1000);
        source.Acknowledge(batch->sequence);
      }
    });
  }
  std::vector<int64_t> committed;
  for (int i = 0; i < kCommits; ++i) {
    Commit({i});
    committed.push_back(i);
  }
  for (std::thread& feeder : feeders) feeder.join();
  for (const auto& [sink, values] : read) EXPECT_EQ(values, committed) << sink;
  EXPECT_EQ(outbox_->bytes(), 0u);
}

TEST_F(OutboxTest, EventsFollowTheRowsAndSurviveARestart) {
  const Row row = CounterRow("m", 1001, 1);
  const Event event = MakeEvent("deployed");
  Commit({&row}, {&event});
  Reopen({"a", "b"});
  EXPECT_EQ(outbox_->StatsOf("a").queued, 2u);
  EXPECT_THAT(Take("a"), ElementsAre(1));
  const auto batch = outbox_->SourceFor("a").Next(absl::ZeroDuration());
  ASSERT_TRUE(batch);
  EXPECT_THAT(batch->events, ElementsAre(event));
  EXPECT_EQ(batch->size(), 1u);
  outbox_->SourceFor("a").Acknowledge(batch->sequence);
  EXPECT_EQ(outbox_->StatsOf("a").acknowledged, 2u);
  ExpectBalance("a");
}

TEST_F(OutboxTest, WithoutSinksNothingIsKept) {
  Reopen({});
  Commit({1});
  EXPECT_EQ(outbox_->bytes(), 0u);
}

TEST(EntryCodecTest, DamagedEntriesAreRefused) {
  const Row row = CounterRow("a", 1, 1);
  const Row* pointer = &row;
  const std::string entry = EncodeEntry({&pointer, 1});
  ASSERT_EQ(DecodeEntry(entry)->rows.size(), 1u);
  EXPECT_EQ(CountEntryItems(entry), 1u);
  for (size_t size = 0; size < entry.size(); ++size) EXPECT_FALSE(DecodeEntry(entry.substr(0, size)).ok()) << size;
  std::string miscounted = entry;
  miscounted[0] = 2;
  EXPECT_FALSE(DecodeEntry(miscounted).ok());
}

TEST(EntryCodecTest, DamagedEntriesOfEventsAreRefused) {
  const Event event = MakeEvent("deployed");
  const Event* pointer = &event;
  const std::string entry = EncodeEntry({&pointer, 1});
  EXPECT_THAT(DecodeEntry(entry)->events, ElementsAre(event));
  EXPECT_EQ(CountEntryItems(entry), 1u);
  for (size_t size = 0; size < entry.size(); ++size) EXPECT_FALSE(DecodeEntry(entry.substr(0, size)).ok()) << size;
  std::string miscounted = entry;
  miscounted[1] = 2;
  EXPECT_FALSE(DecodeEntry(miscounted).ok());
}

}  // namespace
}  // namespace tributary
