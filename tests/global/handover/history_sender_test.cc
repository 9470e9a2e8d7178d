// Whole hand-overs between real stores, through HistoryService, without sockets: what goes wrong is chosen here.

#include "global/handover/history_sender.h"

#include <atomic>
#include <map>
#include <set>

#include "absl/time/clock.h"
#include "common/hash/partition.h"
#include "global/handover/history_service.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/write_batch.h"
#include "tests/global/store/store_harness.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using State = TakenHandover::State;

constexpr IntervalIndex kFirst = 360'000;
constexpr int kSeries = 200;
constexpr int kIntervals = 40;

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// One global: its store and what serves it.
class Node {
 public:
  explicit Node(const std::string& id) : id_(id), store(directory_.path()) {
    store.options_of_ledger.node_id = id;
    store.now = store.scale.Start(kFirst + kIntervals);
    Restart();
  }
  void Restart() {
    service.reset();
    store.Reopen();
    service = std::make_unique<HistoryService>(
        *store.ledger, HistoryService::Options{"test", id_, absl::Seconds(10)},
        [this](std::function<void(rocksdb::WriteBatch&)> fill, absl::Duration) {
          MutexLock lock(mutex_);  // as on the thread that commits
          rocksdb::WriteBatch batch;
          fill(batch);
          return store.database->Write(batch, /*durable=*/true);
        },
        [this] {
          MutexLock lock(mutex_);
          return views_;
        },
        clock_, telemetry_);
  }
  void Count(int first_series, int series) {
    for (IntervalIndex interval = kFirst; interval < kFirst + kIntervals; ++interval) {
      std::vector<Row> rows;
      for (int i = first_series; i < first_series + series; ++i) rows.push_back(CounterRow(NameOf(i), interval, 1));
      CommitPlan plan;
      plan.windows = {CommitOfRows(interval, std::move(rows))};
      plan.sealed_through = interval;
      ASSERT_TRUE(store.Commit(plan).ok());
    }
    while (*store.ledger->RollUp(1000, /*is_last=*/true)) {
    }
  }
  static std::string NameOf(int series) { return absl::StrCat("metric.", series); }
  // Series, and how many rows of ten seconds each has here.
  std::map<std::string, size_t> Rows() const {
    std::map<std::string, size_t> rows;
    for (const std::string& name : store.ledger->Names()) {
      const absl::Time from = store.scale.Start(kFirst), to = store.scale.End(kFirst + kIntervals);
      if (const size_t count = store.Rows(name, from, to).size(); count > 0) rows[name] = count;
    }
    return rows;
  }
  const std::string& id() const { return id_; }

  void Know(std::vector<View> views) {
    MutexLock lock(mutex_);
    views_ = std::move(views);
  }

  std::unique_ptr<HistoryService> service;
  std::atomic<int> taken_chunks{0};
  std::function<absl::Status()> trouble = [] { return absl::OkStatus(); };  // before each call
  std::function<absl::Status()> after = [] { return absl::OkStatus(); };    // after it, of Take

 private:
  const std::string id_;
  const TempDir directory_;
  SystemClock clock_;
  Telemetry telemetry_;
  Mutex mutex_;
  std::vector<View> views_ ABSL_GUARDED_BY(mutex_);

 public:
  StoreHarness store;
};

class DirectPeer : public HistoryPeer {
 public:
  explicit DirectPeer(Node& node) : node_(node) {}
  absl::StatusOr<v1::HandoverReply> Begin(const v1::HandoverBegin& begin, absl::Duration) override {
    return Call([&](v1::HandoverReply& reply) { return node_.service->Begin(nullptr, &begin, &reply); });
  }
  absl::StatusOr<v1::HandoverReply> Take(const v1::HandoverChunk& chunk, absl::Duration) override {
    ++node_.taken_chunks;
    auto reply = Call([&](v1::HandoverReply& out) { return node_.service->Take(nullptr, &chunk, &out); });
    if (const absl::Status lost = node_.after(); !lost.ok()) return lost;
    return reply;
  }
  absl::StatusOr<v1::HandoverReply> Finish(const v1::HandoverFinish& finish, absl::Duration) override {
    return Call([&](v1::HandoverReply& reply) { return node_.service->Finish(nullptr, &finish, &reply); });
  }

 private:
  template <class Run>
  absl::StatusOr<v1::HandoverReply> Call(Run run) {
    if (const absl::Status trouble = node_.trouble(); !trouble.ok()) return trouble;
    v1::HandoverReply reply;
    if (const absl::Status status = FromGrpc(run(reply)); !status.ok()) return status;
    return reply;
  }
  Node& node_;
};

class HistorySenderTest : public ::testing::Test {
 protected:
  View ViewOf(const std::vector<std::string>& ids, uint64_t sequence = 1) const {
    View view{.sequence = sequence, .effective_from = kFirst + kIntervals};
    for (const std::string& id : ids) view.members.push_back({id, id + ":1", 1});
    return view;
  }
  absl::Status HandOver(const View& view, absl::Duration patience = absl::Seconds(20)) {
    HistorySender::Options options;
    options.cluster = "test";
    options.node_id = leaver_.id();
    options.address = "here:1";
    options.until = absl::Now() + patience;
    HistorySender::Hooks hooks;
    hooks.on_begun = [this] { return begun_(); };
    HistorySender sender(
        *leaver_.store.ledger, options, hooks,
        [this](const Member& member) { return std::make_unique<DirectPeer>(*nodes_.at(member.id)); }, clock_, metrics_);
    return sender.Run(view);
  }
  // Each series is whole at the owner of its partition, and nowhere else.
  void ExpectAllIsAtItsOwner(const View& view) {
    const Assignment assignment(view.members);
    std::map<std::string, std::map<std::string, size_t>> expected;
    for (int i = 0; i < kSeries; ++i) {
      const SeriesKey key = *CounterRow(Node::NameOf(i), kFirst, 1).key;
      expected[assignment.OwnerOf(PartitionOf(HashOf(key, ClusterSeed("test"))))->id][key.name] = kIntervals;
    }
    for (const Member& member : view.members) EXPECT_EQ(nodes_.at(member.id)->Rows(), expected[member.id]) << member.id;
    EXPECT_TRUE(leaver_.Rows().empty());
  }

  SystemClock clock_;
  Telemetry telemetry_;
  HandoverMetrics metrics_{telemetry_};
  Node leaver_{"global-9"};
  Node a_{"a"}, b_{"b"};
  std::map<std::string, Node*> nodes_ = {{"a", &a_}, {"b", &b_}};
  std::function<absl::Status()> begun_ = [] { return absl::OkStatus(); };
};

TEST_F(HistorySenderTest, EveryRowIsAtTheNewOwnerOfItsPartition) {
  leaver_.Count(0, kSeries);
  const View view = ViewOf({"a", "b"});
  ASSERT_TRUE(HandOver(view).ok());
  ExpectAllIsAtItsOwner(view);
  EXPECT_EQ(metrics_.progress.value(), 1);
  // 40 intervals are seven minutes, of two hours: 360,000 begins one.
  EXPECT_EQ(metrics_.rows_sent.value(), uint64_t{kSeries * (kIntervals + 7 + 1)});
  EXPECT_EQ(metrics_.rows_refused.value(), 0u);
}

TEST_F(HistorySenderTest, UntilAllIsThereTheLeaverAnswersAndNobodyElse) {
  leaver_.Count(0, kSeries);
  a_.after = [this] {
    EXPECT_TRUE(a_.Rows().empty());
    EXPECT_EQ(leaver_.Rows().size(), size_t{kSeries});
    return absl::OkStatus();
  };
  ASSERT_TRUE(HandOver(ViewOf({"a", "b"})).ok());
}

TEST_F(HistorySenderTest, NothingIsSentBeforeTheStoreIsAtRest) {
  leaver_.Count(0, kSeries);
  begun_ = [this] {
    EXPECT_EQ(a_.taken_chunks + b_.taken_chunks, 0);
    EXPECT_EQ(a_.store.ledger->handovers().Taken(9).size(), 1u) << "but all are told";
    EXPECT_EQ(b_.store.ledger->handovers().Taken(9).size(), 1u);
    return absl::UnavailableError("never");
  };
  EXPECT_FALSE(HandOver(ViewOf({"a", "b"})).ok());
  EXPECT_EQ(a_.taken_chunks + b_.taken_chunks, 0);
  EXPECT_EQ(leaver_.Rows().size(), size_t{kSeries});
}

TEST_F(HistorySenderTest, WhoIsDownForAWhileIsWaitedFor) {
  leaver_.Count(0, kSeries);
  std::atomic<int> calls{0};
  b_.trouble = [&calls] { return ++calls % 3 != 0 ? absl::UnavailableError("down") : absl::OkStatus(); };
  const View view = ViewOf({"a", "b"});
  ASSERT_TRUE(HandOver(view).ok());
  ExpectAllIsAtItsOwner(view);
}

TEST_F(HistorySenderTest, AnAnswerThatIsLostMakesARepeatThatChangesNothing) {
  leaver_.Count(0, kSeries);
  std::atomic<int> calls{0};
  a_.after = [&calls] { return ++calls % 2 != 0 ? absl::UnavailableError("lost") : absl::OkStatus(); };
  const View view = ViewOf({"a", "b"});
  ASSERT_TRUE(HandOver(view).ok());
  ExpectAllIsAtItsOwner(view);
}

TEST_F(HistorySenderTest, AfterADeathOfTheLeaverItGoesOnWhereItWas) {
  leaver_.Count(0, kSeries);
  std::atomic<int> calls{0};
  a_.trouble = [&calls] { return ++calls > 3 ? absl::InternalError("the leaver dies") : absl::OkStatus(); };
  const View view = ViewOf({"a", "b"});
  EXPECT_FALSE(HandOver(view).ok());
  EXPECT_EQ(leaver_.Rows().size(), size_t{kSeries});
  EXPECT_TRUE(a_.Rows().empty());
  const uint64_t sent = metrics_.rows_sent.value();
  leaver_.Restart();
  EXPECT_EQ(leaver_.store.ledger->handovers().giving(), HandoverIdOf(leaver_.id(), view)) << "it knows that it leaves";
  a_.trouble = [] { return absl::OkStatus(); };
  ASSERT_TRUE(HandOver(view).ok());
  ExpectAllIsAtItsOwner(view);
  EXPECT_EQ(leaver_.store.ledger->handovers().giving(), 0u);
  EXPECT_LT(metrics_.rows_sent.value() - sent, uint64_t{kSeries * (kIntervals + 7 + 1)}) << "not from the beginning";
}

TEST_F(HistorySenderTest, AfterADeathOfAnOwnerItGoesOn) {
  leaver_.Count(0, kSeries);
  std::atomic<int> calls{0};
  b_.after = [&] {
    if (++calls != 3) return absl::OkStatus();
    b_.Restart();
    return absl::UnavailableError("died after it took that");
  };
  const View view = ViewOf({"a", "b"});
  ASSERT_TRUE(HandOver(view).ok());
  ExpectAllIsAtItsOwner(view);
}

TEST_F(HistorySenderTest, WhenAnOwnerLeavesItBeginsAnewByTheNewerView) {
  leaver_.Count(0, kSeries);
  const View both = ViewOf({"a", "b"}), newer = ViewOf({"a"}, 2);
  std::atomic<int> calls{0};
  b_.trouble = [&] {
    if (++calls > 2) a_.Know({both, newer});
    return calls > 2 ? absl::UnavailableError("it leaves, too") : absl::OkStatus();
  };
  ASSERT_TRUE(HandOver(both).ok());
  ExpectAllIsAtItsOwner(newer);
  EXPECT_TRUE(b_.Rows().empty());
}

TEST_F(HistorySenderTest, WhenTimeIsOverNothingHasChanged) {
  leaver_.Count(0, kSeries);
  b_.trouble = [] { return absl::UnavailableError("down"); };
  EXPECT_THAT(std::string(HandOver(ViewOf({"a", "b"}), absl::Milliseconds(300)).message()), HasSubstr("down"));
  EXPECT_EQ(leaver_.Rows().size(), size_t{kSeries});
  EXPECT_TRUE(a_.Rows().empty());
  leaver_.Restart();
  EXPECT_EQ(leaver_.Rows().size(), size_t{kSeries});
}

// 4 to 2: what one has taken goes on when it leaves as well.
TEST_F(HistorySenderTest, WhatWasTakenIsHandedOn) {
  leaver_.Count(0, kSeries);
  ASSERT_TRUE(HandOver(ViewOf({"b"})).ok());
  EXPECT_EQ(b_.Rows().size(), size_t{kSeries});
  Node& last = a_;
  HistorySender::Options options;
  options.cluster = "test";
  options.node_id = "b";
  options.until = absl::Now() + absl::Seconds(20);
  HistorySender sender(
      *b_.store.ledger, options, {}, [&](const Member&) { return std::make_unique<DirectPeer>(last); }, clock_,
      metrics_);
  ASSERT_TRUE(sender.Run(ViewOf({"a"}, 5)).ok());
  EXPECT_EQ(a_.Rows().size(), size_t{kSeries});
  EXPECT_TRUE(b_.Rows().empty());
}

// What a peer may say, and what it may not.
TEST_F(HistorySenderTest, CallsThatAreWrongAreRefusedByName) {
  v1::HandoverReply reply;
  const auto code_of = [](const grpc::Status& status) { return status.error_code(); };
  v1::HandoverChunk chunk;
  chunk.set_handover(77);
  EXPECT_EQ(code_of(a_.service->Take(nullptr, &chunk, &reply)), grpc::StatusCode::NOT_FOUND);
  v1::HandoverFinish finish;
  finish.set_handover(77);
  EXPECT_EQ(code_of(a_.service->Finish(nullptr, &finish, &reply)), grpc::StatusCode::NOT_FOUND);

  v1::HandoverBegin begin;
  begin.set_cluster("other");
  begin.set_interval_ms(10'000);
  EXPECT_EQ(code_of(a_.service->Begin(nullptr, &begin, &reply)), grpc::StatusCode::FAILED_PRECONDITION);
  begin.set_cluster("test");
  EXPECT_EQ(code_of(a_.service->Begin(nullptr, &begin, &reply)), grpc::StatusCode::INVALID_ARGUMENT) << "no view";
  v1::Member& member = *begin.mutable_view()->add_members();
  member.set_id("b");
  member.set_address("b:1");
  member.set_weight(1);
  begin.set_from("global-9");
  begin.set_handover(77);
  EXPECT_EQ(code_of(a_.service->Begin(nullptr, &begin, &reply)), grpc::StatusCode::INVALID_ARGUMENT) << "not in it";
  member.set_id("a");
  ASSERT_TRUE(a_.service->Begin(nullptr, &begin, &reply).ok());
  EXPECT_EQ(code_of(a_.service->Finish(nullptr, &finish, &reply)), grpc::StatusCode::FAILED_PRECONDITION) << "open";

  chunk.add_series("\xff\xff");
  EXPECT_EQ(code_of(a_.service->Take(nullptr, &chunk, &reply)), grpc::StatusCode::DATA_LOSS);
  chunk.clear_series();
  v1::HistoryRow& row = *chunk.add_rows();
  row.set_series(3);
  row.set_value("nothing");
  ASSERT_TRUE(a_.service->Take(nullptr, &chunk, &reply).ok());
  EXPECT_EQ(reply.rows_refused(), 1u);
  for (int i = 0; i < HistoryService::kMaxRows; ++i) chunk.add_rows();
  EXPECT_EQ(code_of(a_.service->Take(nullptr, &chunk, &reply)), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tributary
