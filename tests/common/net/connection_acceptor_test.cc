#include "common/net/connection_acceptor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <list>

#include "absl/time/clock.h"
#include "common/base/mutex.h"
#include "common/net/socket_address.h"
#include "common/net/tcp_listener.h"
#include "tests/common/net/raw_client.h"

namespace tributary {
namespace {

// A library that takes what is accepted and does nothing with it.
class Taker {
 public:
  explicit Taker(size_t max_connections, absl::Duration silence = absl::Minutes(1))
      : acceptor_(Listen(), {.max_connections = max_connections, .silence = silence, .refusals = refusals},
                  [this](FileDescriptor connection) {
                    const MutexLock lock(mutex_);
                    taken_.push_back(std::move(connection));
                  }) {}

  ConnectionAcceptor& acceptor() { return acceptor_; }
  int port() const { return port_; }
  size_t taken() {
    const MutexLock lock(mutex_);
    return taken_.size();
  }
  // As gRPC does it.
  void CloseFirst() {
    const MutexLock lock(mutex_);
    ::shutdown(taken_.front().number(), SHUT_RDWR);
    taken_.pop_front();
  }

  const std::shared_ptr<RpcRefusals> refusals = std::make_shared<RpcRefusals>();

 private:
  FileDescriptor Listen() {
    FileDescriptor listener = *ListenTcp({.host = "127.0.0.1"});
    port_ = SocketAddress::OfSocket(listener.number()).port();
    return listener;
  }

  int port_ = 0;
  Mutex mutex_;
  std::deque<FileDescriptor> taken_ ABSL_GUARDED_BY(mutex_);
  ConnectionAcceptor acceptor_;
};

// Soon.
template <typename Condition>
bool Comes(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

bool IsClosed(RawClient& client) {
  bool closed = false;
  client.ReadAll(&closed);
  return closed;
}

TEST(ConnectionAcceptorTest, KnowsWhatIsOpen) {
  Taker taker(16);
  std::list<RawClient> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(taker.port());
  ASSERT_TRUE(Comes([&] { return taker.taken() == 5; }));
  EXPECT_EQ(taker.acceptor().connections(), 5);
  taker.CloseFirst();
  EXPECT_TRUE(Comes([&] { return taker.acceptor().connections() == 4; }));
  EXPECT_TRUE(IsClosed(clients.front()));  // the second descriptor does not keep it
  clients.pop_back();                      // this side's half alone
  EXPECT_EQ(taker.acceptor().connections(), 4);
  for (int i = 0; i < 4; ++i) taker.CloseFirst();
  EXPECT_TRUE(Comes([&] { return taker.acceptor().connections() == 0; }));
  EXPECT_EQ(taker.refusals->connections, 0);
  EXPECT_EQ(taker.refusals->evicted, 0);
}

TEST(ConnectionAcceptorTest, OneTooManyIsClosedAtOnce) {
  Taker taker(3);
  std::list<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(taker.port());
  ASSERT_TRUE(Comes([&] { return taker.taken() == 3; }));
  RawClient stranger(taker.port());
  EXPECT_TRUE(IsClosed(stranger));
  EXPECT_EQ(taker.refusals->connections, 1);
  EXPECT_EQ(taker.taken(), 3);
  taker.CloseFirst();
  ASSERT_TRUE(Comes([&] { return taker.acceptor().connections() == 2; }));
  RawClient newcomer(taker.port());
  EXPECT_TRUE(Comes([&] { return taker.taken() == 3; }));
  EXPECT_EQ(taker.refusals->connections, 1);
}

TEST(ConnectionAcceptorTest, TheLongestSilentMakesRoom) {
  Taker taker(3, /*silence=*/absl::Milliseconds(100));
  RawClient first(taker.port()), second(taker.port()), third(taker.port());
  ASSERT_TRUE(Comes([&] { return taker.taken() == 3; }));
  absl::SleepFor(absl::Milliseconds(200));
  first.Send("a");
  third.Send("a");
  absl::SleepFor(absl::Milliseconds(200));  // all are silent, and the second for the longest time
  first.Send("b");
  RawClient newcomer(taker.port());
  EXPECT_TRUE(IsClosed(second));
  EXPECT_TRUE(Comes([&] { return taker.taken() == 4; }));
  EXPECT_EQ(taker.acceptor().connections(), 3);
  EXPECT_EQ(taker.refusals->evicted, 1);
  EXPECT_EQ(taker.refusals->connections, 0);
}

TEST(ConnectionAcceptorTest, NobodyMakesRoomWhoHasJustSpoken) {
  Taker taker(2, /*silence=*/absl::Hours(1));
  RawClient first(taker.port()), second(taker.port());
  ASSERT_TRUE(Comes([&] { return taker.taken() == 2; }));
  for (uint64_t i = 1; i <= 20; ++i) {
    RawClient stranger(taker.port());
    EXPECT_TRUE(IsClosed(stranger));
    EXPECT_EQ(taker.refusals->connections, i);
  }
  EXPECT_EQ(taker.refusals->evicted, 0);
}

// While it lives this process cannot open a file.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const FileDescriptor lowest_free(::dup(0));
    const rlimit none = {.rlim_cur = static_cast<rlim_t>(lowest_free.number()), .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// UBSan asks by a pipe whether an object may be looked at: without descriptors none is sound.
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#define TRIBUTARY_NEEDS_DESCRIPTORS 1
#endif
#endif

TEST(ConnectionAcceptorTest, OutOfDescriptorsIsNotForEver) {
#ifdef TRIBUTARY_NEEDS_DESCRIPTORS
  GTEST_SKIP();
#endif
  Taker taker(16);
  RawClient before(taker.port());
  ASSERT_TRUE(Comes([&] { return taker.taken() == 1; }));
  const SocketAddress address = *SocketAddress::Resolve({.host = "127.0.0.1", .port = taker.port()});
  std::list<FileDescriptor> waiting;
  for (int i = 0; i < 8; ++i) waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  {
    const NoDescriptors none;
    for (const FileDescriptor& socket : waiting) {
      EXPECT_EQ(::connect(socket.number(), address.pointer(), address.size()), 0);  // the kernel has room
    }
    absl::SleepFor(absl::Milliseconds(300));
    EXPECT_EQ(taker.taken(), 1);
  }
  EXPECT_TRUE(Comes([&] { return taker.taken() == 9; }));
}

TEST(ConnectionAcceptorTest, LeavesRoomForOtherFiles) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low = {.rlim_cur = 60, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  Taker taker(1000);
  ::setrlimit(RLIMIT_NOFILE, &before);
  std::list<RawClient> clients;
  for (int i = 0; i < 25; ++i) clients.emplace_back(taker.port());
  EXPECT_TRUE(Comes([&] { return taker.taken() == 20 && taker.refusals->connections == 5; }));
}

TEST(ConnectionAcceptorTest, StoppedNothingListens) {
  Taker taker(16);
  RawClient client(taker.port());
  ASSERT_TRUE(Comes([&] { return taker.taken() == 1; }));
  taker.acceptor().Stop();
  const SocketAddress address = *SocketAddress::Resolve({.host = "127.0.0.1", .port = taker.port()});
  const FileDescriptor late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_NE(::connect(late.number(), address.pointer(), address.size()), 0);
  EXPECT_EQ(taker.taken(), 1);
  taker.CloseFirst();
  EXPECT_TRUE(IsClosed(client));
}

}  // namespace
}  // namespace tributary
