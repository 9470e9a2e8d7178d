#include "local/forward/forwarder.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/rpc/delivery_server.h"
#include "common/telemetry/telemetry.h"
#include "common/wire/block_runs.h"
#include "common/wire/messages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

bool Await(const std::function<bool()>& condition) {
  for (const absl::Time end = absl::Now() + absl::Seconds(20); absl::Now() < end;
       absl::SleepFor(absl::Milliseconds(5))) {
    if (condition()) return true;
  }
  return condition();
}

// A proxy and its only global in one: commits whatever comes, unless it is told to keep quiet.
class FakeProxy {
 public:
  explicit FakeProxy(bool commits = true) : commits_(commits) {
    DeliveryServer::Callbacks callbacks;
    callbacks.on_open = [](DeliveryServer::Session&) {};
    callbacks.on_close = [](DeliveryServer::Session&) {};
    callbacks.on_message = [this](DeliveryServer::Session& session, v1::Up up) {
      UnpackBlocks(up);
      Handle(session, up);
    };
    server_ = *DeliveryServer::Start(loop_, {.listen = "127.0.0.1:0"}, callbacks);
  }
  Address address() const {
    return {.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = server_->port(), .path = ""};
  }
  int count(const std::string& what) {
    MutexLock lock(mutex_);
    return counts_[what];
  }

 private:
  void Handle(DeliveryServer::Session& session, const v1::Up& up) {
    v1::Down down;
    down.set_instance(up.instance());
    if (up.has_hello()) {
      Count("hello");
      v1::Down welcome = down;
      welcome.mutable_welcome()->set_incarnation(1);
      session.Send(welcome);
      v1::Down view = down;
      *view.mutable_view() = ToProto(View{.sequence = 1, .effective_from = 0, .members = {{"only", "here:1", 1}}});
      session.Send(view);
      welcome.set_owner("only");
      session.Send(welcome);
    }
    down.set_owner("only");
    if (up.has_marker()) {
      Count("marker");
      down.mutable_received()->add_markers(up.marker().interval());
      session.Send(down);
    }
    if (up.has_goodbye()) Count("goodbye");
    for (const v1::Block& block : up.batch().blocks()) {
      Count("block");
      if (!commits_) continue;
      v1::Down committed;
      committed.set_instance(up.instance());
      committed.set_owner("only");
      committed.mutable_committed()->set_interval(block.interval());
      committed.mutable_committed()->add_partitions(block.partition());
      committed.mutable_committed()->add_chunks(block.chunk());
      session.Send(committed);
    }
  }
  void Count(const std::string& what) {
    MutexLock lock(mutex_);
    ++counts_[what];
  }

  const bool commits_;
  Mutex mutex_;
  std::map<std::string, int> counts_ ABSL_GUARDED_BY(mutex_);
  EventLoop loop_{"proxy"};
  std::unique_ptr<DeliveryServer> server_;
};

ClosedInterval OneUnit(IntervalIndex interval) {
  ClosedInterval closed;
  closed.interval = interval;
  closed.marker.set_interval(interval);
  PartitionSet nonempty;
  nonempty.set(7);
  closed.marker.set_nonempty(EncodePartitions(nonempty));
  v1::Block block;
  block.set_interval(interval);
  block.set_partition(7);
  block.set_chunk_count(1);
  block.set_sample_count(10);
  block.set_codec(v1::CODEC_RAW);
  block.set_payload("payload");
  closed.blocks.push_back(block);
  return closed;
}

class ForwarderTest : public testing::Test {
 protected:
  std::unique_ptr<Forwarder> Start(std::vector<Address> proxies) {
    Forwarder::Options options;
    options.proxies = std::move(proxies);
    options.ledger.cluster = "test";
    options.ledger.instance = InstanceId::Random();
    options.ledger.interval = absl::Seconds(1);
    return std::make_unique<Forwarder>(options, resolver_, clock_, telemetry_);
  }
  uint64_t Committed() {
    return telemetry_.AddCounter("tributary_local_samples_committed_total", "Samples on a global's disk.").value();
  }

  SystemClock clock_;
  SystemDnsResolver resolver_;
  Telemetry telemetry_;
};

TEST_F(ForwarderTest, DrainWaitsForCommitsAndSaysGoodbye) {
  FakeProxy proxy;
  const auto forwarder = Start({proxy.address()});
  forwarder->OnClosed(OneUnit(100));
  EXPECT_EQ(forwarder->Drain(100, absl::Seconds(20)).pending, 0u);
  EXPECT_EQ(Committed(), 10u);
  EXPECT_TRUE(Await([&] { return proxy.count("goodbye") == 1; }));
  EXPECT_EQ(proxy.count("block"), 1);
}

TEST_F(ForwarderTest, DrainEndsWithItsGraceAndTellsWhatIsPending) {
  FakeProxy proxy(/*commits=*/false);
  const auto forwarder = Start({proxy.address()});
  forwarder->OnClosed(OneUnit(100));
  ASSERT_TRUE(Await([&] { return proxy.count("block") == 1; }));
  EXPECT_EQ(forwarder->Drain(100, absl::Milliseconds(1)).pending, 10u);
  EXPECT_EQ(proxy.count("goodbye"), 0) << "it would say that nothing is missing";
}

TEST_F(ForwarderTest, AProxyThatDoesNotAnswerIsFollowedByTheNext) {
  FakeProxy proxy;
  const auto forwarder =
      Start({{.kind = Address::Kind::kTcp, .host = "127.0.0.1", .port = 1, .path = ""}, proxy.address()});
  EXPECT_TRUE(Await([&] { return forwarder->connected(); }));
}

TEST_F(ForwarderTest, ALostProxysUnitsGoThroughTheOther) {
  auto one = std::make_unique<FakeProxy>(/*commits=*/false);
  auto other = std::make_unique<FakeProxy>(/*commits=*/false);
  const auto forwarder = Start({one->address(), other->address()});
  forwarder->OnClosed(OneUnit(100));
  ASSERT_TRUE(Await([&] { return one->count("block") + other->count("block") == 1; }));
  if (one->count("block") == 0) std::swap(one, other);
  one.reset();
  EXPECT_TRUE(Await([&] { return other->count("block") == 1; }));
}

}  // namespace
}  // namespace tributary
