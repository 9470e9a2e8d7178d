#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/net/event_loop.h"
#include "common/net/tcp_listener.h"
#include "common/rpc/delivery_client.h"
#include "common/rpc/delivery_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tributary/v1/delivery.grpc.pb.h"

namespace tributary {
namespace {

using testing::ElementsAre;

// What happened, for a test to wait on: no test sleeps, each wait ends at once when the event has come.
class Events {
 public:
  void Add(std::string event) {
    MutexLock lock(mutex_);
    events_.push_back(std::move(event));
    changed_.NotifyAll();
  }
  bool Await(const std::string& event) {
    MutexLock lock(mutex_);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (std::find(events_.begin(), events_.end(), event) == events_.end()) {
      if (absl::Now() > deadline) return false;
      changed_.WaitFor(mutex_, absl::Seconds(1));
    }
    return true;
  }
  bool AwaitCount(size_t count) {
    MutexLock lock(mutex_);
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (events_.size() < count && absl::Now() < deadline) changed_.WaitFor(mutex_, absl::Seconds(1));
    return events_.size() >= count;
  }
  std::vector<std::string> all() {
    MutexLock lock(mutex_);
    return events_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mutex_);
};

v1::Up MakeUp(const std::string& instance, size_t payload_bytes = 0) {
  v1::Up up;
  up.set_instance(instance);
  if (payload_bytes > 0) up.mutable_batch()->add_blocks()->set_payload(std::string(payload_bytes, 'x'));
  return up;
}

v1::Down MakeDown(const std::string& owner) {
  v1::Down down;
  down.set_owner(owner);
  return down;
}

// Runs `fn` on the loop and returns its value.
template <class F>
auto On(EventLoop& loop, F fn) -> decltype(fn()) {
  std::promise<decltype(fn())> result;
  EXPECT_TRUE(loop.TryPost([&] { result.set_value(fn()); }));
  return result.get_future().get();
}

// A server that writes down what it hears and answers each message with the sender's instance as owner.
class Echo {
 public:
  explicit Echo(const std::string& listen = "127.0.0.1:0", size_t max_connections = 16, bool answers = true,
                absl::Duration first_message_timeout = absl::Minutes(1)) {
    DeliveryServer::Callbacks callbacks;
    callbacks.on_open = [this](DeliveryServer::Session& session) {
      session_ = &session;
      events.Add("open");
    };
    callbacks.on_message = [this, answers](DeliveryServer::Session& session, v1::Up up) {
      events.Add(up.instance());
      if (answers) session.Send(MakeDown("echo " + up.instance()));
    };
    callbacks.on_close = [this](DeliveryServer::Session&) {
      session_ = nullptr;
      events.Add("close");
    };
    auto started = DeliveryServer::Start(loop,
                                         {.listen = listen,
                                          .max_connections = max_connections,
                                          .first_message_timeout = first_message_timeout,
                                          .refusals = refusals},
                                         callbacks);
    EXPECT_TRUE(started.ok()) << started.status();
    server = *std::move(started);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }
  DeliveryServer::Session* session() { return session_; }  // on the loop

  const std::shared_ptr<RpcRefusals> refusals = std::make_shared<RpcRefusals>();
  EventLoop loop{"echo"};
  Events events;

 private:
  DeliveryServer::Session* session_ = nullptr;

 public:
  std::unique_ptr<DeliveryServer> server;  // last: its callbacks use the others
};

struct Caller {
  explicit Caller(const std::string& address, size_t max_queued_bytes = 8u << 20) {
    DeliveryClient::Callbacks callbacks;
    callbacks.on_open = [this] { events.Add("open"); };
    callbacks.on_message = [this](v1::Down down) { events.Add(down.owner()); };
    callbacks.on_close = [this](const absl::Status& status) { events.Add("close"); };
    client = std::make_unique<DeliveryClient>(
        loop, DeliveryClient::Options{.address = address, .max_queued_bytes = max_queued_bytes}, callbacks);
  }
  bool Send(v1::Up up) {
    return On(loop, [&] { return client->Send(std::move(up)); });
  }

  EventLoop loop{"caller"};
  Events events;
  std::unique_ptr<DeliveryClient> client;
};

TEST(DeliveryTest, MessagesArriveInOrderBothWays) {
  Echo echo;
  Caller caller(echo.address());
  ASSERT_TRUE(caller.events.Await("open"));
  for (const char* name : {"a", "b", "c"}) EXPECT_TRUE(caller.Send(MakeUp(name)));
  ASSERT_TRUE(caller.events.AwaitCount(4));
  EXPECT_THAT(caller.events.all(), ElementsAre("open", "echo a", "echo b", "echo c"));
  EXPECT_THAT(echo.events.all(), ElementsAre("open", "a", "b", "c"));
}

TEST(DeliveryTest, SendIsRefusedBeforeTheStreamIsOpen) {
  Caller caller("127.0.0.1:1");
  EXPECT_FALSE(caller.Send(MakeUp("a")));
  EXPECT_FALSE(On(caller.loop, [&] { return caller.client->open(); }));
}

TEST(DeliveryTest, AFailedAttemptIsToldAndRepeated) {
  Caller caller("127.0.0.1:1");
  ASSERT_TRUE(caller.events.AwaitCount(2));
  EXPECT_THAT(caller.events.all(), testing::Each("close"));
}

TEST(DeliveryTest, AStreamComesBackAfterItsServerDid) {
  auto echo = std::make_unique<Echo>();
  const std::string address = echo->address();
  Caller caller(address);
  ASSERT_TRUE(caller.events.Await("open"));
  echo->server->Shutdown(absl::ZeroDuration());
  echo.reset();
  ASSERT_TRUE(caller.events.Await("close"));
  Echo again(address);
  ASSERT_TRUE(again.events.Await("open"));
}

TEST(DeliveryTest, TheServersCloseEndsTheStreamAfterWhatIsQueued) {
  Echo echo;
  Caller caller(echo.address());
  ASSERT_TRUE(echo.events.Await("open"));
  On(echo.loop, [&] {
    EXPECT_TRUE(echo.session()->Send(MakeDown("last words")));
    echo.session()->Close();
    EXPECT_FALSE(echo.session()->Send(MakeDown("too late")));
    return true;
  });
  ASSERT_TRUE(caller.events.AwaitCount(3));
  const std::vector<std::string> events = caller.events.all();
  EXPECT_THAT(std::vector<std::string>(events.begin(), events.begin() + 3), ElementsAre("open", "last words", "close"));
  EXPECT_TRUE(echo.events.Await("close"));
}

TEST(DeliveryTest, AConnectionTooManyIsRefused) {
  Echo echo("127.0.0.1:0", /*max_connections=*/1);
  Caller first(echo.address());
  ASSERT_TRUE(first.events.Await("open"));
  EXPECT_EQ(echo.server->connections(), 1u);
  Caller second(echo.address());
  ASSERT_TRUE(second.events.Await("close"));
  EXPECT_THAT(second.events.all(), testing::Not(testing::Contains("open")));
  first.client.reset();
  ASSERT_TRUE(echo.events.Await("close"));
  EXPECT_TRUE(second.events.Await("open"));
  EXPECT_GE(echo.refusals->connections, 1u);
  EXPECT_EQ(echo.refusals->sessions, 0u);
  EXPECT_EQ(echo.refusals->unread, 1u);  // the first one has said nothing
}

// Over one connection.
TEST(DeliveryTest, ASessionTooManyIsRefused) {
  Echo echo("127.0.0.1:0", /*max_connections=*/1);
  const auto stub =
      v1::DeliveryService::NewStub(grpc::CreateChannel(echo.address(), grpc::InsecureChannelCredentials()));
  const auto open = [&stub = *stub](grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    return stub.Deliver(&context);
  };
  grpc::ClientContext first_context, second_context, third_context;
  v1::Down answer;
  const auto first = open(first_context);
  ASSERT_TRUE(first->Write(MakeUp("a")));
  ASSERT_TRUE(first->Read(&answer));
  EXPECT_EQ(open(second_context)->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(echo.refusals->sessions, 1u);
  first->WritesDone();
  EXPECT_TRUE(first->Finish().ok());
  const auto third = open(third_context);
  ASSERT_TRUE(third->Write(MakeUp("b")));
  EXPECT_TRUE(third->Read(&answer));
  EXPECT_EQ(answer.owner(), "echo b");
  EXPECT_EQ(echo.refusals->connections, 0u);
}

TEST(DeliveryTest, OneThatLeavesEndsItsSessionsAndTakesNoMore) {
  Echo echo;
  Caller first(echo.address());
  ASSERT_TRUE(first.events.Await("open"));
  echo.server->EndSessions();
  ASSERT_TRUE(first.events.Await("close"));
  Caller second(echo.address());
  ASSERT_TRUE(second.events.Await("close"));
  EXPECT_THAT(second.events.all(), testing::Not(testing::Contains("open")));
}

TEST(DeliveryTest, AFrozenPeerFillsTheQueueAndNoMore) {
  constexpr size_t kBound = 4 << 20;
  constexpr size_t kMessage = 256 << 10;
  Echo echo("127.0.0.1:0", 16, /*answers=*/false);
  Caller caller(echo.address(), kBound);
  ASSERT_TRUE(caller.events.Await("open"));
  ASSERT_TRUE(echo.events.Await("open"));
  std::promise<void> thaw;
  ASSERT_TRUE(echo.loop.TryPost([&] { thaw.get_future().wait(); }));
  int sent = 0;
  while (caller.Send(MakeUp("x", kMessage))) ASSERT_LT(++sent, 1000);
  EXPECT_LE(On(caller.loop, [&] { return caller.client->queued_bytes(); }), kBound);
  thaw.set_value();
  EXPECT_TRUE(echo.events.AwaitCount(1 + sent));  // nothing that was taken is lost while the stream lives
}

TEST(DeliveryTest, AClientMayBeDestroyedByItsOwnCallback) {
  Echo echo;
  EventLoop loop("caller");
  Events events;
  std::unique_ptr<DeliveryClient> client;
  DeliveryClient::Callbacks callbacks;
  callbacks.on_open = [&] {
    client.reset();
    events.Add("destroyed");
  };
  callbacks.on_message = [](v1::Down) {};
  callbacks.on_close = [&](const absl::Status&) { events.Add("close"); };
  On(loop, [&] {
    client = std::make_unique<DeliveryClient>(loop, DeliveryClient::Options{.address = echo.address()}, callbacks);
    return true;
  });
  ASSERT_TRUE(events.Await("destroyed"));
  ASSERT_TRUE(echo.events.Await("close"));
  EXPECT_THAT(events.all(), ElementsAre("destroyed"));
}

TEST(DeliveryTest, EverySessionIsClosedWhenShutdownReturns) {
  Echo echo;
  Caller caller(echo.address());
  ASSERT_TRUE(echo.events.Await("open"));
  echo.server->Shutdown(absl::Seconds(10));
  EXPECT_THAT(echo.events.all(), ElementsAre("open", "close"));
}

TEST(DeliveryTest, APortThatIsTakenIsAnError) {
  Echo echo;
  EventLoop loop("second");
  const auto second = DeliveryServer::Start(loop, {.listen = echo.address()}, {});
  EXPECT_FALSE(second.ok());
  EXPECT_THAT(std::string(second.status().message()), testing::HasSubstr(echo.address()));
}

TEST(DeliveryTest, EndsSessionsThatSayNothing) {
  Echo echo("127.0.0.1:0", 16, true, absl::Milliseconds(1));
  Caller silent(echo.address());
  EXPECT_TRUE(echo.events.Await("open"));
  EXPECT_TRUE(echo.events.Await("close"));
  EXPECT_TRUE(silent.events.Await("close"));
  EXPECT_GE(echo.refusals->silent, 1u);
}

// Calls Deliver with `bytes` for its one message; nothing: without any. Returns when the server has ended the stream.
grpc::Status CallWith(const std::string& address, const std::optional<std::string>& bytes) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  const auto call = stub.PrepareCall(&context, "/tributary.v1.DeliveryService/Deliver", &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
  };
  call->StartCall(nullptr);
  wait();
  if (bytes.has_value()) {
    const grpc::Slice slice(*bytes);
    call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    wait();
  }
  call->WritesDone(nullptr);
  wait();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  return status;
}

TEST(DeliveryTest, CountsStreamsWithoutAMessageOfOurs) {
  Echo echo("127.0.0.1:0", 16, /*answers=*/false);
  const auto counts = [&echo] { return std::pair(echo.refusals->undecodable.load(), echo.refusals->unread.load()); };
  EXPECT_EQ(CallWith(echo.address(), MakeUp("a").SerializeAsString()).error_code(), grpc::StatusCode::OK);
  EXPECT_EQ(counts(), std::pair(0ul, 0ul));
  const std::string not_protobuf(100, '\xff');
  EXPECT_EQ(CallWith(echo.address(), not_protobuf).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(counts(), std::pair(1ul, 0ul));
  EXPECT_EQ(CallWith(echo.address(), std::nullopt).error_code(), grpc::StatusCode::OK);
  EXPECT_EQ(counts(), std::pair(1ul, 1ul));
  // More than a message may have: gRPC itself answers, and tells us then.
  CallWith(echo.address(), MakeUp("b", 5 << 20).SerializeAsString());
  ASSERT_TRUE(echo.events.AwaitCount(9));  // each stream's open and close, and the one message
  EXPECT_EQ(counts(), std::pair(1ul, 2ul));
  EXPECT_THAT(echo.events.all(), testing::Contains("a"));
}

TEST(DeliveryTest, SaysWhyItCannotListen) {
  Echo echo;
  EventLoop loop("second");
  const auto second = DeliveryServer::Start(loop, {.listen = echo.address()}, {});
  EXPECT_THAT(std::string(second.status().message()),
              testing::HasSubstr("gRPC server: tcp://" + echo.address() + ": cannot listen: the port is in use"));
}

TEST(DeliveryTest, ListensOnIpv6) {
  if (!ListenTcp({.host = "::1"}).ok()) GTEST_SKIP() << "no IPv6 here";
  Echo echo("[::1]:0");
  Caller caller("[::1]:" + std::to_string(echo.server->port()));
  ASSERT_TRUE(caller.events.Await("open"));
  ASSERT_TRUE(caller.Send(MakeUp("a")));
  EXPECT_TRUE(caller.events.Await("echo a"));
  Caller stranger(echo.address());  // over IPv4
  EXPECT_TRUE(stranger.events.Await("close"));
  EXPECT_THAT(stranger.events.all(), testing::Not(testing::Contains("open")));
}

TEST(DeliveryTest, AnEmptyHostIsEveryInterface) {
  Echo echo(":0");
  Caller caller(echo.address());  // over IPv4
  EXPECT_TRUE(caller.events.Await("open"));
}

}  // namespace
}  // namespace tributary
