#include "global/receive/receiver.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/global/receive/fake_fleet.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kInterval = absl::Seconds(1);
constexpr PartitionId kPartition = 7;

// An owner with a store in a directory and a fleet over loopback. Time is moved by hand, so that no test waits for an
// interval; only deliveries are waited for.
class ReceiverTest : public testing::Test {
 protected:
  void SetUp() override { Begin(); }
  void TearDown() override { End(); }

  void Begin() {
    telemetry_ = std::make_unique<Telemetry>();
    Database::Options options;
    options.path = dir_.path();
    options.cluster = "test";
    options.interval = kInterval;
    database_ = *Database::Open(options);
    ledger_ = *Ledger::Open(*database_, {kInterval, "global-0", {}, 100}, clock_.Now());
    outbox_ = *Outbox::Open(*database_, 1 << 20, {"sink"});
    loop_ = std::make_unique<EventLoop>("receive");
    committer_ = std::make_unique<Committer>(*database_, *ledger_, *outbox_, clock_, Committer::Options{kInterval, 90},
                                             *telemetry_);
    Receiver::Options receiver{"test", "global-0", kInterval, {}};
    receiver.book.node_id = "global-0";
    receiver.book.interval = kInterval;
    receiver.book.expected_agents = 1;
    receiver_ = std::make_unique<Receiver>(*loop_, clock_, receiver, *ledger_->LoadState(), *committer_, *telemetry_);
    server_ = *DeliveryServer::Start(*loop_, {.listen = "127.0.0.1:0"}, receiver_->callbacks());
    receiver_->Start();
    fleet_ = std::make_unique<FakeFleet>(server_->port(), "test", kInterval);
    ASSERT_TRUE(fleet_->WaitOpen());
  }
  void End() {
    fleet_.reset();
    server_->Shutdown(absl::ZeroDuration());
    loop_->Stop();
    committer_->Stop();
    server_.reset();
    receiver_.reset();
    committer_.reset();
    loop_.reset();
    outbox_.reset();
    ledger_.reset();
    database_.reset();
  }
  void Join() {
    fleet_->SayHello(proxy_, v1::ROLE_PROXY, 0);
    fleet_->SendView(proxy_, "global-0");
    fleet_->SayHello(agent_, v1::ROLE_AGENT, kFirst);
    ASSERT_TRUE(Eventually([&] { return fleet_->WasWelcomed(proxy_) && fleet_->WasWelcomed(agent_); }));
  }
  // Past the end of the interval and the next half, so that a cold start is over.
  void PassInterval() { clock_.Advance(kInterval * 1.5); }
  bool Metric(const std::string& line) const {
    return telemetry_->Serialize().find("\n" + line + "\n") != std::string::npos;
  }

  static constexpr IntervalIndex kFirst = 1000;
  TempDir dir_;
  ManualClock clock_{IntervalScale(kInterval).Start(kFirst)};
  const InstanceId proxy_ = InstanceId::Random();
  const InstanceId agent_ = InstanceId::Random();
  std::unique_ptr<Telemetry> telemetry_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Receiver> receiver_;
  std::unique_ptr<DeliveryServer> server_;
  std::unique_ptr<FakeFleet> fleet_;
};

TEST_F(ReceiverTest, UnitBecomesARowAndIsAcknowledged) {
  Join();
  fleet_->SendMarker(agent_, kFirst, {kPartition});
  fleet_->SendBlock(agent_, FakeFleet::BlockOf(agent_, kFirst, kPartition, 5));
  ASSERT_TRUE(Eventually([&] { return fleet_->MarkerWasTaken(kFirst) && fleet_->Statuses().size() == 1; }));
  EXPECT_EQ(fleet_->Statuses()[0], v1::BLOCK_STATUS_OK);
  EXPECT_FALSE(fleet_->WasCommitted(agent_, kFirst, kPartition));
  EXPECT_TRUE(Eventually([&] { return Metric("tributary_global_samples_open 1"); }));
  PassInterval();
  ASSERT_TRUE(Eventually([&] { return fleet_->WasCommitted(agent_, kFirst, kPartition); }));

  const auto series = ledger_->FindSeries("requests");
  ASSERT_EQ(series.size(), 1u);
  const auto batch = outbox_->SourceFor("sink").Next(absl::Seconds(10));
  ASSERT_TRUE(batch.has_value());
  ASSERT_EQ(batch->rows.size(), 1u);
  EXPECT_EQ(std::get<CounterAggregate>(batch->rows[0].value).total.ToDouble(), 5);
  EXPECT_TRUE(Eventually([&] { return Metric("tributary_global_samples_committed_total 1"); }));
  EXPECT_TRUE(Metric("tributary_global_samples_accepted_total 1"));
  EXPECT_TRUE(Metric("tributary_global_windows_closed_total{kind=\"complete\"} 1"));
  EXPECT_TRUE(receiver_->Ready().ok());
}

TEST_F(ReceiverTest, DescribesItsBooksAndThoseOfItsAgents) {
  Join();
  v1::Books books;
  books.set_accepted(1);
  books.set_pending(1);
  fleet_->SendMarker(agent_, kFirst, {kPartition}, books);
  fleet_->SendBlock(agent_, FakeFleet::BlockOf(agent_, kFirst, kPartition, 5));
  v1::InspectResponse state;
  const auto describe = [&]() -> const v1::InspectResponse& {
    state.Clear();
    receiver_->Describe({}, state);
    return state;
  };
  ASSERT_TRUE(Eventually([&] { return describe().books().open() == 1; }));
  EXPECT_EQ(state.books().accepted(), 1u);
  EXPECT_EQ(state.windows_open(), 1u);
  ASSERT_EQ(state.agents_size(), 1);  // a proxy is no agent
  EXPECT_EQ(state.agents(0).instance(), agent_.bytes());
  EXPECT_EQ(state.agents(0).host(), "host");
  EXPECT_EQ(state.agents(0).state(), v1::AgentState::STATE_LIVE);
  EXPECT_EQ(state.agents(0).last_interval(), kFirst);
  EXPECT_EQ(state.agents(0).books().pending(), 1u);

  PassInterval();
  ASSERT_TRUE(Eventually([&] { return describe().books().committed() == 1; }));
  EXPECT_EQ(DifferenceOf(state.books()), 0);
  // In small steps: a leap would be a pause of the owner, and nobody's silence.
  EXPECT_TRUE(Eventually([&] {
    clock_.Advance(kInterval / 40);
    return describe().agents(0).state() == v1::AgentState::STATE_SILENT;
  }));
  EXPECT_GE(state.committed_through_unix_ms(), absl::ToUnixMillis(fleet_->scale().End(kFirst)));
  EXPECT_LT(state.committed_through_unix_ms(), absl::ToUnixMillis(clock_.Now()));
}

TEST_F(ReceiverTest, CommittedUnitIsAnsweredFromTheManifestAfterARestart) {
  Join();
  const v1::Block block = FakeFleet::BlockOf(agent_, kFirst, kPartition, 5);
  fleet_->SendMarker(agent_, kFirst, {kPartition});
  fleet_->SendBlock(agent_, block);
  ASSERT_TRUE(Eventually([&] { return fleet_->Statuses().size() == 1; }));
  PassInterval();
  ASSERT_TRUE(Eventually([&] { return fleet_->WasCommitted(agent_, kFirst, kPartition); }));
  End();
  Begin();
  Join();
  fleet_->SendBlock(agent_, block);
  EXPECT_TRUE(Eventually([&] { return fleet_->WasCommitted(agent_, kFirst, kPartition); }));
  EXPECT_EQ(outbox_->StatsOf("sink").committed, 1u);
}

TEST_F(ReceiverTest, DamagedPayloadIsAnsweredAsInvalid) {
  Join();
  v1::Block block = FakeFleet::BlockOf(agent_, kFirst, kPartition, 5);
  block.set_payload("rubbish");
  fleet_->SendBlock(agent_, block);
  ASSERT_TRUE(Eventually([&] { return fleet_->Statuses().size() == 1; }));
  EXPECT_EQ(fleet_->Statuses()[0], v1::BLOCK_STATUS_INVALID);
}

TEST_F(ReceiverTest, AgentOfAnotherIntervalIsRefusedWithBothValues) {
  fleet_->SayHello(agent_, v1::ROLE_AGENT, kFirst, [](v1::Hello& hello) { hello.set_interval_ms(10000); });
  ASSERT_TRUE(Eventually([&] { return !fleet_->Refusal().empty(); }));
  EXPECT_THAT(fleet_->Refusal(), HasSubstr("interval_ms is 10000 there and 1000 here"));
  EXPECT_FALSE(fleet_->WasWelcomed(agent_));
}

TEST_F(ReceiverTest, MessagesBeforeAHelloAreIgnoredAndCounted) {
  fleet_->SendBlock(agent_, FakeFleet::BlockOf(agent_, kFirst, kPartition, 5));
  EXPECT_TRUE(Eventually([&] { return Metric("tributary_global_messages_refused_total 1"); }));
  EXPECT_TRUE(fleet_->Statuses().empty());
}

}  // namespace
}  // namespace tributary
