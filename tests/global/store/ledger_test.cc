#include "global/store/ledger.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

double ValueOf(const Row& row) { return std::get<CounterAggregate>(row.value).total.ToDouble(); }

std::vector<double> ValuesOf(const std::vector<Row>& rows) {
  std::vector<double> values;
  for (const Row& row : rows) values.push_back(ValueOf(row));
  return values;
}

CommitPlan PlanOf(std::vector<WindowCommit> windows) {
  CommitPlan plan;
  plan.number = 1;
  plan.windows = std::move(windows);
  return plan;
}

TEST(LedgerTest, ReturnsRowsAsTheyWereCommitted) {
  TempDir dir;
  StoreHarness store(dir.path());
  Row row = CounterRow("a", 1000, 2.5);
  row.partial = true;
  row.coverage = 0.75;
  row.contributors = 3;
  ASSERT_TRUE(store.Commit(PlanOf({CommitOfRows(1000, {row})})).ok());
  const std::vector<Row> rows = store.Rows("a");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].key, row.key);
  EXPECT_EQ(rows[0].interval, 1000);
  EXPECT_EQ(rows[0].version, 1u);
  EXPECT_TRUE(rows[0].partial);
  EXPECT_EQ(rows[0].coverage, 0.75);
  EXPECT_EQ(rows[0].contributors, 3u);
  EXPECT_EQ(ValueOf(rows[0]), 2.5);
  EXPECT_EQ(rows[0].total, row.total);
}

TEST(LedgerTest, WindowIsOpenOnTheLeftAndClosedOnTheRight) {
  TempDir dir;
  StoreHarness store(dir.path());
  std::vector<WindowCommit> windows;
  for (int i = 0; i < 5; ++i) windows.push_back(CommitOfRows(1000 + i, {CounterRow("a", 1000 + i, i)}));
  ASSERT_TRUE(store.Commit(PlanOf(windows)).ok());
  EXPECT_THAT(ValuesOf(store.Rows("a", store.scale.End(1000), store.scale.End(1003))), ElementsAre(1, 2, 3));
  const absl::Time inside = store.scale.End(1000) + absl::Seconds(1);
  EXPECT_THAT(ValuesOf(store.Rows("a", inside, store.scale.End(1003) - absl::Seconds(1))), ElementsAre(1, 2));
}

TEST(LedgerTest, RowsComeInOrderAcrossBlocksAndVersions) {
  TempDir dir;
  StoreHarness store(dir.path());
  const IntervalIndex edge = 720 * 2;  // two hours of 10 s
  ASSERT_TRUE(store
                  .Commit(PlanOf({CommitOfRows(edge - 1, {CounterRow("a", edge - 1, 1)}),
                                  CommitOfRows(edge, {CounterRow("a", edge, 2)}),
                                  CommitOfRows(edge - 1, {CounterRow("a", edge - 1, 4, 2)}, 1)}))
                  .ok());
  EXPECT_THAT(ValuesOf(store.Rows("a")), ElementsAre(1, 4, 2));
}

TEST(LedgerTest, OfTwoEmittersTheLargerSetIsRead) {
  TempDir dir;
  StoreHarness store(dir.path());
  Row small = CounterRow("a", 1000, 1), large = CounterRow("a", 1000, 9);
  large.contributors = 2;
  ASSERT_TRUE(store.Commit(PlanOf({CommitOfRows(1000, {small})})).ok());
  auto other = Ledger::Open(*store.database, {absl::Seconds(10), "global-1", {}, 100}, store.now);
  rocksdb::WriteBatch batch;
  (*other)->Put(PlanOf({CommitOfRows(1000, {large})}), batch);
  ASSERT_TRUE(store.database->Write(batch, true).ok());
  EXPECT_THAT(ValuesOf(store.Rows("a")), ElementsAre(9));
}

TEST(LedgerTest, StoredDigestsAreCutAndCountExactly) {
  TempDir dir;
  StoreHarness store(dir.path());
  Row row = CounterRow("t", 1000, 0);
  row.key = SeriesKey{"t", {"env:prod", "host:a"}, MetricType::kTimer};
  row.total.reset();
  DistributionAggregate distribution{TDigest(500), Fixed192()};
  for (int i = 1; i <= 20000; ++i) distribution.Add(i, 1);
  row.value = distribution;
  ASSERT_TRUE(store.Commit(PlanOf({CommitOfRows(1000, {row})})).ok());
  const std::vector<Row> rows = store.Rows("t");
  ASSERT_EQ(rows.size(), 1u);
  const TDigest& digest = std::get<DistributionAggregate>(rows[0].value).digest;
  EXPECT_EQ(digest.compression(), 100);
  EXPECT_EQ(digest.count().ToDouble(), 20000);
  EXPECT_EQ(digest.max(), 20000);
  EXPECT_NEAR(digest.Quantile(0.99), 19800, 100);
}

TEST(LedgerTest, ReopenRestoresRosterTotalsManifestsAndSeal) {
  TempDir dir;
  StoreHarness store(dir.path());
  CommitPlan plan = PlanOf({CommitOfRows(1000, {CounterRow("a", 1000, 1)})});
  RosterEntry entry;
  entry.instance = InstanceId::Random();
  entry.host = "h";
  entry.first_interval = 990;
  entry.final_interval = 1005;
  entry.last_heard = store.now;
  entry.state = RosterEntry::State::kLeft;
  plan.roster = {entry};
  plan.totals = {{CounterRow("a", 0, 0).key, RunningTotal{Fixed128::FromDouble(4), Fixed192(), 900},
                  RunningTotal{Fixed128::FromDouble(-1), Fixed192::FromDouble(2), 0}, 1000}};
  plan.windows[0].manifest.emitted = {{Hash128{1, 2}, 3}};
  plan.sealed_through = 999;
  ASSERT_TRUE(store.Commit(plan).ok());
  store.Reopen();
  const auto state = store.ledger->LoadState();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_THAT(state->roster, ElementsAre(entry));
  EXPECT_THAT(state->totals, ElementsAre(plan.totals[0]));
  ASSERT_EQ(state->manifests.size(), 1u);
  EXPECT_THAT(state->manifests.at({1000, 7}), ElementsAre(plan.windows[0].manifest));
  EXPECT_EQ(state->sealed_through, 999);
  EXPECT_EQ(store.ledger->sealed_through(), 999);
  EXPECT_EQ(store.Rows("a").size(), 1u);
}

TEST(LedgerTest, FreshStoreHasNoState) {
  TempDir dir;
  StoreHarness store(dir.path());
  const auto state = store.ledger->LoadState();
  EXPECT_FALSE(state->sealed_through.has_value());
  EXPECT_THAT(state->roster, IsEmpty());
}

TEST(LedgerTest, OldRowsAndManifestsAreDroppedEachLengthInItsTime) {
  TempDir dir;
  StoreHarness store(dir.path());
  const IntervalIndex hour = 360, day = 24 * hour, start = 60 * day;  // where blocks of every length begin
  const auto commit = [&](IntervalIndex interval, std::vector<Row> rows) {
    CommitPlan plan = PlanOf({CommitOfRows(interval, std::move(rows))});
    plan.sealed_through = interval + hour;
    ASSERT_TRUE(store.Commit(plan).ok());
    store.RollUp();
  };
  const auto count = [&](absl::Duration length) {
    return store.Rows("both", absl::UnixEpoch(), absl::FromUnixSeconds(100'000'000), length).size();
  };
  commit(start, {CounterRow("old", start, 1), CounterRow("both", start, 1)});
  commit(start + 3 * day, {CounterRow("both", start + 3 * day, 2)});
  ASSERT_TRUE(store.ledger->DropOld(store.scale.End(start + 2 * hour), start - 1).ok());
  EXPECT_EQ(count(absl::Seconds(10)), 2u);

  ASSERT_TRUE(store.ledger->DropOld(store.scale.End(start + 7 * hour), start + 1).ok());
  EXPECT_EQ(count(absl::Seconds(10)), 1u);
  EXPECT_EQ(count(absl::Minutes(1)), 2u);
  EXPECT_EQ(store.ledger->LoadState()->manifests.size(), 1u);

  ASSERT_TRUE(store.ledger->DropOld(store.scale.End(start + 4 * day), start + 1).ok());
  EXPECT_EQ(count(absl::Minutes(1)), 1u);
  EXPECT_EQ(count(absl::Hours(1)), 2u);
  EXPECT_THAT(store.ledger->Names(), ElementsAre("both", "old"));

  commit(start + 40 * day, {CounterRow("both", start + 40 * day, 3)});
  ASSERT_TRUE(store.ledger->DropOld(store.scale.End(start + 100 * day), start + 1).ok());
  EXPECT_EQ(count(absl::Hours(1)), 1u);
  EXPECT_THAT(store.ledger->Names(), ElementsAre("both"));
  store.now = store.scale.End(start + 40 * day + 7 * hour);
  store.Reopen();
  EXPECT_EQ(store.ledger->ResolutionFor(store.now - absl::Hours(3)), absl::Seconds(10));
  EXPECT_EQ(store.ledger->ResolutionFor(store.now - absl::Hours(24)), absl::Minutes(1));
  EXPECT_EQ(store.ledger->ResolutionFor(store.now - absl::Hours(24 * 10)), absl::Hours(1));
  EXPECT_EQ(count(absl::Hours(1)), 1u);
  EXPECT_THAT(store.ledger->Names(), ElementsAre("both"));
}

TEST(LedgerTest, RowsThatAreNotRolledUpYetAreKept) {
  TempDir dir;
  StoreHarness store(dir.path());
  const IntervalIndex later = 1000 + 30 * 720;
  CommitPlan plan = PlanOf({CommitOfRows(1000, {CounterRow("a", 1000, 1)})});
  ASSERT_TRUE(store.Commit(plan).ok());  // nothing is sealed
  ASSERT_TRUE(store.ledger->DropOld(store.scale.End(later), 0).ok());
  EXPECT_EQ(store.Rows("a").size(), 1u);
}

TEST(LedgerTest, LifetimesSurviveAStart) {
  TempDir dir;
  StoreHarness store(dir.path());
  ASSERT_TRUE(store.Commit(PlanOf({CommitOfRows(5000, {CounterRow("a", 5000, 1)})})).ok());
  store.now = store.scale.Start(50000);
  store.Reopen();
  const auto found = [&](IntervalIndex from, IntervalIndex to) {
    return store.ledger->FindSeries({}, store.scale.Start(from), store.scale.End(to), 10).series.size();
  };
  EXPECT_EQ(found(4000, 4999), 0u);
  EXPECT_EQ(found(5000, 5000), 1u);
  EXPECT_EQ(found(5000 + SeriesCatalog::kLifetimeStep, 50000), 0u);
}

TEST(LedgerTest, UnknownResolutionIsRefused) {
  TempDir dir;
  StoreHarness store(dir.path());
  EXPECT_FALSE(
      store.ledger->ReadRows(absl::Seconds(7), {}, store.now, store.now, [](KeyId, const Row&) { return true; }).ok());
}

TEST(DatabaseTest, StoreOfAnotherClusterOrIntervalIsRefused) {
  TempDir dir;
  Database::Options options;
  options.path = dir.path();
  options.cluster = "one";
  ASSERT_TRUE(Database::Open(options).ok());
  options.cluster = "two";
  EXPECT_THAT(std::string(Database::Open(options).status().message()), HasSubstr("cluster \"one\", not \"two\""));
  options.cluster = "one";
  options.interval = absl::Seconds(1);
  EXPECT_THAT(std::string(Database::Open(options).status().message()), HasSubstr("interval \"10s\", not \"1s\""));
}

TEST(DatabaseTest, ForeignFilesAreRefused) {
  TempDir dir;
  std::ofstream(dir.path() + "/CURRENT") << "not a database\n";
  Database::Options options;
  options.path = dir.path();
  const auto opened = Database::Open(options);
  ASSERT_FALSE(opened.ok());
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr(dir.path()));
}

TEST(DatabaseTest, IsOpenOnce) {
  TempDir dir;
  Database::Options options;
  options.path = dir.path();
  const auto first = Database::Open(options);
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(Database::Open(options).ok());
}

}  // namespace
}  // namespace tributary
