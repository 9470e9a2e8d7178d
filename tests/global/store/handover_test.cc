// What a store takes from one that leaves, and gives away.

#include <map>

#include "global/store/handover_log.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using State = TakenHandover::State;

constexpr HandoverId kId = 7;
constexpr IntervalIndex kHour = 360;            // intervals of ten seconds
constexpr IntervalIndex kFirst = 1000 * kHour;  // an hour begins

double ValueOf(const Row& row) { return std::get<CounterAggregate>(row.value).total.ToDouble(); }

TakenHandover From(const std::string& node, HandoverId id, IntervalIndex order) {
  TakenHandover handover;
  handover.id = id;
  handover.from = node;
  handover.address = node + ":1";
  handover.order = order;
  return handover;
}

// A store of one node.
class Store {
 public:
  explicit Store(const std::string& node) : harness_(directory_.path()) {
    harness_.options_of_ledger.node_id = node;
    harness_.now = harness_.scale.Start(kFirst + kHour);
    harness_.Reopen();
  }
  StoreHarness* operator->() { return &harness_; }
  Ledger& ledger() { return *harness_.ledger; }

  // A counter that adds 1 in each of [from, to).
  void Count(const std::string& name, IntervalIndex from, IntervalIndex to) {
    for (IntervalIndex interval = from; interval < to; ++interval) {
      CommitPlan plan;
      plan.windows = {CommitOfRows(interval, {CounterRow(name, interval, 1)})};
      plan.sealed_through = interval;
      ASSERT_TRUE(harness_.Commit(plan).ok());
    }
  }
  void RollUp(bool is_last) {
    while (true) {
      const auto did = ledger().RollUp(1000, is_last);
      ASSERT_TRUE(did.ok()) << did.status();
      if (!*did) break;
    }
  }
  absl::StatusOr<TakenHandover> Begin(const TakenHandover& handover) {
    rocksdb::WriteBatch batch;
    auto begun = ledger().handovers().Begin(handover, batch);
    EXPECT_TRUE(harness_.database->Write(batch, true).ok());
    return begun;
  }
  void Finish(HandoverId id) {
    rocksdb::WriteBatch batch;
    ledger().handovers().Finish(id, batch);
    ASSERT_TRUE(harness_.database->Write(batch, true).ok());
  }
  // How many of `other`'s rows were put.
  int TakeAllOf(Store& other, HandoverId id) {
    rocksdb::WriteBatch batch;
    const auto reader = other.ledger().ReadHistory("");
    int put = 0;
    for (HistoryReader::Item item; reader->Next(item);) {
      put += ledger().Take(item.series, item.at, item.value, id, batch) ? 1 : 0;
    }
    EXPECT_TRUE(reader->status().ok());
    ledger().handovers().Take(id, "cursor", /*is_last=*/true, static_cast<uint64_t>(put), batch);
    EXPECT_TRUE(harness_.database->Write(batch, true).ok());
    return put;
  }
  // What the counter adds up to, from rows of one length.
  double Total(const std::string& name, absl::Duration length = absl::Seconds(10)) {
    double total = 0;
    for (const Row& row :
         harness_.Rows(name, harness_.scale.Start(kFirst), absl::FromUnixSeconds(10 * (kFirst + 10 * kHour)), length)) {
      total += ValueOf(row);
    }
    return total;
  }

 private:
  const TempDir directory_;
  StoreHarness harness_;
};

TEST(HandoverTest, NumbersFollowFromWhoLeavesAndTheView) {
  const View view{.sequence = 5, .effective_from = 100, .members = {{"a", "a:1"}}};
  View other = view;
  other.sequence = 6;
  EXPECT_EQ(HandoverIdOf("b", view), HandoverIdOf("b", view));
  EXPECT_NE(HandoverIdOf("b", view), HandoverIdOf("c", view));
  EXPECT_NE(HandoverIdOf("b", view), HandoverIdOf("b", other));
}

TEST(HandoverTest, WhatIsTakenIsHiddenUntilItIsFinished) {
  Store leaver("global-1"), owner("global-0");
  leaver.Count("a", kFirst, kFirst + 5);
  ASSERT_TRUE(owner.Begin(From("global-1", kId, kFirst)).ok());
  EXPECT_EQ(owner.TakeAllOf(leaver, kId), 5);
  EXPECT_EQ(owner.Total("a"), 0);
  owner->Reopen();
  EXPECT_EQ(owner.Total("a"), 0);
  owner.Finish(kId);
  EXPECT_EQ(owner.Total("a"), 5);
  owner->Reopen();
  EXPECT_EQ(owner.Total("a"), 5);
}

TEST(HandoverTest, WhoAsksMaySayOtherwise) {
  HiddenRows hidden;
  Store owner("global-0");
  ASSERT_TRUE(owner.Begin(From("global-1", 1, 10)).ok());
  ASSERT_TRUE(owner.Begin(From("global-2", 2, 10)).ok());
  owner.Finish(2);
  const HandoverLog& log = owner.ledger().handovers();
  EXPECT_THAT(log.Hidden().handovers, ElementsAre(1));
  EXPECT_THAT(log.Hidden({1}, {}).handovers, IsEmpty());
  EXPECT_THAT(log.Hidden({}, {2}).handovers, ElementsAre(1, 2));
}

TEST(HandoverTest, TakingTwiceIsTakingOnce) {
  Store leaver("global-1"), owner("global-0");
  leaver.Count("a", kFirst, kFirst + 7);
  ASSERT_TRUE(owner.Begin(From("global-1", kId, kFirst)).ok());
  owner.TakeAllOf(leaver, kId);
  owner.TakeAllOf(leaver, kId);
  owner.Finish(kId);
  EXPECT_EQ(owner.Total("a"), 7);
}

TEST(HandoverTest, ANewerOneCancelsWhatIsNotFinished) {
  Store leaver("global-1"), owner("global-0");
  leaver.Count("a", kFirst, kFirst + 3);
  ASSERT_TRUE(owner.Begin(From("global-1", 1, kFirst)).ok());
  owner.TakeAllOf(leaver, 1);
  ASSERT_TRUE(owner.Begin(From("global-1", 2, kFirst + 10)).ok());
  EXPECT_EQ(owner.ledger().handovers().Find(1)->state, State::kCancelled);
  owner.Finish(1);
  EXPECT_THAT(owner.ledger().handovers().Hidden({1}, {}).handovers, ElementsAre(1, 2));
  EXPECT_EQ(owner.Total("a"), 0);
  owner.TakeAllOf(leaver, 2);
  owner.Finish(2);
  EXPECT_EQ(owner.Total("a"), 3);
  EXPECT_TRUE(absl::IsAborted(owner.Begin(From("global-1", 1, kFirst)).status()));
}

TEST(HandoverTest, AFinishedOneStaysBesideANewer) {
  Store owner("global-0");
  ASSERT_TRUE(owner.Begin(From("global-1", 1, 10)).ok());
  owner.Finish(1);
  ASSERT_TRUE(owner.Begin(From("global-1", 2, 20)).ok());
  EXPECT_EQ(owner.ledger().handovers().Find(1)->state, State::kFinished);
}

TEST(HandoverTest, BeginningAgainTellsWhereItWas) {
  Store leaver("global-1"), owner("global-0");
  leaver.Count("a", kFirst, kFirst + 1);
  ASSERT_TRUE(owner.Begin(From("global-1", kId, kFirst)).ok());
  owner.TakeAllOf(leaver, kId);
  owner->Reopen();
  const auto again = owner.Begin(From("global-1", kId, kFirst));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->cursor, "cursor");
  EXPECT_EQ(again->state, State::kComplete);
}

// The leaver has the first half of the hour, the owner the second: each length adds up to all of it.
TEST(HandoverTest, AnHourThatWasSplitAddsUpInEveryLength) {
  Store leaver("global-1"), owner("global-0");
  const IntervalIndex split = kFirst + kHour / 2 + 3;  // within a minute, too
  leaver.Count("a", kFirst, split);
  leaver.RollUp(/*is_last=*/true);
  EXPECT_EQ(leaver.Total("a", absl::Hours(1)), static_cast<double>(split - kFirst));
  owner.Count("a", split, kFirst + kHour);
  ASSERT_TRUE(owner.Begin(From("global-1", kId, split)).ok());
  owner.TakeAllOf(leaver, kId);
  owner.Count("b", kFirst + kHour, kFirst + 2 * kHour);  // seals the hour: the owner rolls its half up
  owner.RollUp(/*is_last=*/false);
  EXPECT_EQ(owner.Total("a", absl::Hours(1)), static_cast<double>(kFirst + kHour - split)) << "not yet its own";
  owner.Finish(kId);
  for (const absl::Duration length : {absl::Seconds(10), absl::Minutes(1), absl::Hours(1)}) {
    EXPECT_EQ(owner.Total("a", length), kHour) << length;
  }
  // And when the owner makes its hour anew, of what it can see now.
  rocksdb::WriteBatch batch;
  owner.Count("a", split, split + 1);
  owner.RollUp(/*is_last=*/false);
  for (const absl::Duration length : {absl::Minutes(1), absl::Hours(1)}) {
    EXPECT_EQ(owner.Total("a", length), kHour) << length;
  }
}

// global-0 leaves in the middle of an hour, comes back in the same one, and gets its first half back: rows that have
// one name.
TEST(HandoverTest, WhatComesBackWithinTheHourIsBesideWhatIsThere) {
  Store first("global-0"), keeper("global-1"), again("global-0");
  first.Count("a", kFirst, kFirst + 100);
  first.RollUp(/*is_last=*/true);
  ASSERT_TRUE(keeper.Begin(From("global-0", 1, kFirst + 100)).ok());
  keeper.TakeAllOf(first, 1);
  keeper.Finish(1);
  again.Count("a", kFirst + 100, kFirst + kHour + 1);
  again.RollUp(/*is_last=*/true);
  ASSERT_TRUE(again.Begin(From("global-1", 2, kFirst + kHour)).ok());
  again.TakeAllOf(keeper, 2);
  again.TakeAllOf(keeper, 2);
  again.Finish(2);
  for (const absl::Duration length : {absl::Seconds(10), absl::Minutes(1), absl::Hours(1)}) {
    EXPECT_EQ(again.Total("a", length), kHour + 1) << length;
  }
}

TEST(HandoverTest, WhatIsHiddenIsNotHandedOn) {
  Store leaver("global-2"), middle("global-1"), owner("global-0");
  leaver.Count("a", kFirst, kFirst + 4);
  middle.Count("b", kFirst, kFirst + 2);
  ASSERT_TRUE(middle.Begin(From("global-2", 1, kFirst)).ok());
  middle.TakeAllOf(leaver, 1);
  ASSERT_TRUE(owner.Begin(From("global-1", 2, kFirst)).ok());
  EXPECT_EQ(owner.TakeAllOf(middle, 2), 2);
  middle.Finish(1);
  EXPECT_EQ(owner.TakeAllOf(middle, 2), 6);
}

TEST(HandoverTest, WhatIsGivenIsHiddenAndGoneAfterAStart) {
  Store leaver("global-1");
  leaver.Count("a", kFirst, kFirst + kHour + 5);
  leaver.RollUp(/*is_last=*/true);
  ASSERT_TRUE(leaver.ledger().handovers().Give(kId).ok());
  EXPECT_EQ(leaver.Total("a"), 0);
  EXPECT_THAT(leaver.ledger().handovers().Look({}, {}, 10).given, ElementsAre(kId));
  leaver->Reopen();
  EXPECT_EQ(leaver.Total("a"), 0);
  EXPECT_EQ(leaver.Total("a", absl::Hours(1)), 0);
  EXPECT_THAT(leaver.ledger().handovers().Given(), ElementsAre(kId));
  leaver.Count("a", kFirst + kHour + 10, kFirst + kHour + 13);  // it is back
  EXPECT_EQ(leaver.Total("a"), 3);
  leaver->Reopen();
  EXPECT_EQ(leaver.Total("a"), 3);
  leaver.RollUp(/*is_last=*/true);
  EXPECT_EQ(leaver.Total("a", absl::Hours(1)), 3);
}

TEST(HandoverTest, OfDamagedRowsNothingIsTaken) {
  Store owner("global-0");
  ASSERT_TRUE(owner.Begin(From("global-1", kId, kFirst)).ok());
  rocksdb::WriteBatch batch;
  const SharedSeriesKey key(SeriesKey{"a", {}, MetricType::kCounter});
  for (const uint8_t resolution : {0, 1, 2, 3, 4}) {
    RowKey at;
    at.resolution = resolution;
    at.block = UINT32_MAX;
    at.offset = 1;
    for (const std::string value : {"", "garbage", "\xff\xff\xff"}) {
      EXPECT_FALSE(owner.ledger().Take(key, at, value, kId, batch)) << int{resolution};
    }
  }
}

}  // namespace
}  // namespace tributary
