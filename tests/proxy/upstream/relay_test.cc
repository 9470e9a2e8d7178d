#include "proxy/upstream/relay.h"

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/delivery_client.h"
#include "common/rpc/delivery_server.h"
#include "common/telemetry/telemetry.h"
#include "common/wire/block_runs.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::HasSubstr;

constexpr size_t kQueueBytes = 4 << 20;
constexpr size_t kPayloadBytes = 256 << 10;

// Waits, without sleeping through what has happened already.
bool Await(const std::function<bool()>& condition) {
  for (const absl::Time end = absl::Now() + absl::Seconds(20); absl::Now() < end;
       absl::SleepFor(absl::Milliseconds(5))) {
    if (condition()) return true;
  }
  return condition();
}

// Takes what proxies send, and counts blocks; its thread can be stopped in the middle of a message.
class FakeGlobal {
 public:
  FakeGlobal() {
    DeliveryServer::Callbacks callbacks;
    callbacks.on_open = [](DeliveryServer::Session&) {};
    callbacks.on_close = [](DeliveryServer::Session&) {};
    callbacks.on_message = [this](DeliveryServer::Session& session, v1::Up up) {
      if (up.has_hello()) {
        v1::Down welcome;
        welcome.set_instance(up.instance());
        welcome.mutable_welcome()->set_incarnation(1);
        session.Send(welcome);
      }
      MutexLock lock(mutex_);
      UnpackBlocks(up);
      blocks_ += up.batch().blocks_size();
    };
    server_ = *DeliveryServer::Start(loop_, {.listen = "127.0.0.1:0"}, callbacks);
  }
  ~FakeGlobal() { Thaw(); }

  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  int blocks() {
    MutexLock lock(mutex_);
    return blocks_;
  }
  void Freeze() {
    EXPECT_TRUE(loop_.TryPost([this] { thawed_.get_future().wait(); }));
    frozen_ = true;
  }
  void Thaw() {
    if (std::exchange(frozen_, false)) thawed_.set_value();
  }

 private:
  Mutex mutex_;
  int blocks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::promise<void> thawed_;
  bool frozen_ = false;
  EventLoop loop_{"global"};
  std::unique_ptr<DeliveryServer> server_;
};

// An agent's stream without its ledger.
class FakeAgent {
 public:
  FakeAgent(int port, absl::Duration interval) : interval_(interval) {
    DeliveryClient::Callbacks callbacks;
    callbacks.on_open = [this] { client_->Send(Hello()); };
    callbacks.on_close = [](const absl::Status&) {};
    callbacks.on_message = [this](v1::Down down) {
      UnpackNames(down);
      MutexLock lock(mutex_);
      down_.push_back(std::move(down));
    };
    // On the loop, so that no callback can come before client_ is set.
    std::promise<void> made;
    EXPECT_TRUE(loop_.TryPost([&] {
      client_ = std::make_unique<DeliveryClient>(
          loop_, DeliveryClient::Options{.address = "127.0.0.1:" + std::to_string(port)}, callbacks);
      made.set_value();
    }));
    made.get_future().get();
  }

  void SendBlock(uint32_t partition) {
    v1::Up up;
    up.set_instance(kInstance);
    v1::Block* block = up.mutable_batch()->add_blocks();
    block->set_interval(1);
    block->set_partition(partition);
    block->set_chunk_count(1);
    block->set_codec(v1::CODEC_RAW);
    block->set_payload(std::string(kPayloadBytes, 'x'));
    std::promise<bool> sent;
    EXPECT_TRUE(loop_.TryPost([&] { sent.set_value(client_->Send(up)); }));
    EXPECT_TRUE(sent.get_future().get());
  }
  // Welcomes of owners, the proxy's own included.
  int welcomes() {
    MutexLock lock(mutex_);
    return static_cast<int>(std::count_if(down_.begin(), down_.end(), [](const auto& d) { return d.has_welcome(); }));
  }
  int views() {
    MutexLock lock(mutex_);
    return static_cast<int>(std::count_if(down_.begin(), down_.end(), [](const auto& d) { return d.has_view(); }));
  }
  int answers(v1::BlockStatus status) {
    MutexLock lock(mutex_);
    int count = 0;
    for (const v1::Down& down : down_) {
      for (const auto& blocks : down.received().blocks()) count += blocks.status() == status ? blocks.chunks_size() : 0;
    }
    return count;
  }
  std::string refusal() {
    MutexLock lock(mutex_);
    for (const v1::Down& down : down_) {
      if (down.has_refusal()) return down.refusal().reason();
    }
    return "";
  }

 private:
  static constexpr char kInstance[] = "agent-0123456789";
  v1::Up Hello() const {
    v1::Up up;
    up.set_instance(kInstance);
    v1::Hello* hello = up.mutable_hello();
    hello->set_protocol_version(1);
    hello->set_cluster("test");
    hello->set_role(v1::ROLE_AGENT);
    hello->set_interval_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(interval_)));
    hello->set_partition_count(kPartitionCount);
    return up;
  }

  const absl::Duration interval_;
  Mutex mutex_;
  std::vector<v1::Down> down_ ABSL_GUARDED_BY(mutex_);
  EventLoop loop_{"agent"};
  std::unique_ptr<DeliveryClient> client_;
};

class RelayTest : public testing::Test {
 protected:
  RelayTest() {
    Relay::Options options;
    options.listen = "127.0.0.1:0";
    options.router.cluster = "test";
    options.router.instance = InstanceId::Random();
    options.router.interval = absl::Seconds(1);
    options.router.owner_queue_bytes = kQueueBytes;
    relay_ = *Relay::Start(options, clock_, telemetry_);
  }
  // Both globals are members and connected; returns one partition of each.
  std::pair<uint32_t, uint32_t> Connect(const std::string& a, const std::string& b) {
    const std::vector<Member> members = {{"a", a, 1}, {"b", b, 1}};
    relay_->SetMembers(members);
    const Assignment assignment(members);
    uint32_t of_a = 0;
    uint32_t of_b = 0;
    while (assignment.OwnerOf(static_cast<PartitionId>(of_a))->id != "a") ++of_a;
    while (assignment.OwnerOf(static_cast<PartitionId>(of_b))->id != "b") ++of_b;
    return {of_a, of_b};
  }

  SystemClock clock_;
  Telemetry telemetry_;
  std::unique_ptr<Relay> relay_;
};

TEST_F(RelayTest, AFrozenGlobalDelaysNobodyElseAndFillsOnlyItsOwnQueue) {
  FakeGlobal frozen;
  FakeGlobal lively;
  const auto [frozen_partition, lively_partition] = Connect(frozen.address(), lively.address());
  FakeAgent agent(relay_->port(), absl::Seconds(1));
  ASSERT_TRUE(Await([&] { return agent.welcomes() == 3 && agent.views() == 1; }));
  frozen.Freeze();

  // Far more than its queue and the sockets on the way hold.
  constexpr int kRounds = 100;
  int busy = 0;
  for (int round = 0; round < kRounds; ++round) {
    agent.SendBlock(frozen_partition);
    agent.SendBlock(lively_partition);
    ASSERT_TRUE(Await([&] { return lively.blocks() == round + 1; })) << round;
    busy = agent.answers(v1::BLOCK_STATUS_BUSY);
  }
  EXPECT_GT(busy, kRounds / 2);
  EXPECT_TRUE(Await(
      [&] { return telemetry_.Serialize().find("tributary_proxy_queue_bytes{owner=\"a\"}") != std::string::npos; }));
  EXPECT_LE(telemetry_.AddGauge("tributary_proxy_queue_bytes", "Waiting to be written to the owner.", {{"owner", "a"}})
                .value(),
            static_cast<double>(kQueueBytes));

  // What was not refused arrives once it goes on.
  frozen.Thaw();
  EXPECT_TRUE(Await([&] { return frozen.blocks() == kRounds - agent.answers(v1::BLOCK_STATUS_BUSY); }));
}

TEST_F(RelayTest, AMissingGlobalIsUnavailable) {
  FakeGlobal there;
  const auto [there_partition, missing_partition] = Connect(there.address(), "127.0.0.1:1");
  FakeAgent agent(relay_->port(), absl::Seconds(1));
  ASSERT_TRUE(Await([&] { return agent.welcomes() == 2 && agent.views() == 1; }));
  agent.SendBlock(missing_partition);
  agent.SendBlock(there_partition);
  EXPECT_TRUE(Await([&] { return there.blocks() == 1 && agent.answers(v1::BLOCK_STATUS_UNAVAILABLE) == 1; }));
}

TEST_F(RelayTest, AnAgentWithAnotherIntervalIsToldWhy) {
  FakeAgent agent(relay_->port(), absl::Seconds(5));
  EXPECT_TRUE(Await([&] { return !agent.refusal().empty(); }));
  EXPECT_THAT(agent.refusal(), HasSubstr("interval_ms is 5000 at the agent and 1000 at the proxy"));
}

TEST_F(RelayTest, ShowsTheViewAndWhomItReaches) {
  EXPECT_TRUE(relay_->CurrentView().owners.empty());
  FakeGlobal there;
  Connect(there.address(), "127.0.0.1:1");
  EXPECT_TRUE(Await([&] {
    const ClusterView view = relay_->CurrentView();
    return view.owners.size() == 2 && view.owners[0].connected && view.owners[0].partitions > 0;
  }));
  const ClusterView view = relay_->CurrentView();
  EXPECT_EQ(view.owners[0].member.id, "a");
  EXPECT_FALSE(view.owners[1].connected);
  EXPECT_EQ(view.owners[0].partitions + view.owners[1].partitions, kPartitionCount);
}

TEST_F(RelayTest, TellsTheMembersThatItWasTold) {
  EXPECT_TRUE(relay_->CurrentMembers().empty());
  relay_->SetMembers({{"a", "127.0.0.1:1", 1}, {"b", "127.0.0.1:2", 1}});
  EXPECT_TRUE(Await([&] { return relay_->CurrentMembers().size() == 2; }));
}

}  // namespace
}  // namespace tributary
