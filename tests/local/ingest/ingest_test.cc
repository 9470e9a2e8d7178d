#include "local/ingest/ingest.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "local/flush/flusher.h"
#include "local/ingest/listener_metrics.h"
#include "local/ingest/sockets.h"
#include "tests/local/ingest/ingest_harness.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

TEST_F(IngestTest, ReadsDatagrams) {
  for (const Address::Kind kind : {Address::Kind::kUdp, Address::Kind::kUnixDatagram}) {
    Telemetry telemetry;
    options_.config.listen = {At(kind)};
    auto ingest = Ingest::Start(options_, RuleSet(), clock_, telemetry);
    ASSERT_TRUE(ingest.ok()) << ingest.status();
    SocketClient client((*ingest)->addresses().at(0));
    client.Send("hits:1|c\nhits:2|c");
    client.Send("hits:4|c");
    EXPECT_TRUE(Eventually([&] { return LineMetrics(telemetry).lines.value() == 3; }));
    EXPECT_EQ(DatagramMetrics(telemetry, At(kind).ToString()).datagrams.value(), 2u);
  }
}

TEST_F(IngestTest, ReadsDatagramsOverIpv6) {
  if (!OpenUdpSockets({.kind = Address::Kind::kUdp, .host = "::1"}, 1).ok()) GTEST_SKIP() << "no IPv6 here";
  SocketClient client(Start({.kind = Address::Kind::kUdp, .host = "::1"}));
  client.Send("hits:5|c");
  EXPECT_EQ(TotalAfter(1), 5);
}

TEST_F(IngestTest, ReadsLinesOverTcpOverIpv6) {
  if (!OpenUdpSockets({.kind = Address::Kind::kUdp, .host = "::1"}, 1).ok()) GTEST_SKIP() << "no IPv6 here";
  const Address address = Start({.kind = Address::Kind::kTcp, .host = "::1"});
  EXPECT_EQ(address.ToString(), absl::StrCat("tcp://[::1]:", address.port));
  SocketClient client(address);
  client.Send("hits:1|c\nhits:4|c\n");
  EXPECT_EQ(TotalAfter(2), 5);
}

TEST_F(IngestTest, ListensOnEveryInterface) {
  SocketClient client(Start({.kind = Address::Kind::kUdp}));  // over IPv4, to a socket that may be IPv6
  client.Send("hits:5|c");
  EXPECT_EQ(TotalAfter(1), 5);
}

TEST_F(IngestTest, ReadsLinesOverTcp) {
  SocketClient client(Start(At(Address::Kind::kTcp)));
  client.Send("hits:1|c\nhi");
  client.Send("ts:2|c\nbroken\nhits:4|c");
  client.Close();  // the last line lacks its end
  EXPECT_EQ(TotalAfter(4), 7);
}

TEST_F(IngestTest, ReadsPacketsOverUnixStreams) {
  SocketClient client(Start(At(Address::Kind::kUnixStream)));
  client.SendPacket("hits:1|c\nhits:2|c\n");
  client.SendPacket("hits:4|c");
  EXPECT_EQ(TotalAfter(3), 7);
}

TEST_F(IngestTest, ReadsLinesOverUnixStreams) {
  const Address address = Start(At(Address::Kind::kUnixStream));
  SocketClient lines(address);
  SocketClient packets(address);
  lines.Send("hits:1|c\nhits:2");
  packets.SendPacket("hits:8|c");
  lines.Send("|c\nhits:4|c\n");
  EXPECT_EQ(TotalAfter(4), 15);
  EXPECT_EQ(Streams().closed_bad_length.value(), 0u);
}

TEST_F(IngestTest, ReadsInheritedSocketsAndLeavesThemToTheNextAgent) {
  for (const Address::Kind kind : {Address::Kind::kUdp, Address::Kind::kUnixDatagram}) {
    // As a socket unit holds it.
    Address address = At(kind);
    BoundSocket held;
    if (kind == Address::Kind::kUdp) {
      auto opened = OpenUdpSockets(address, 1);
      ASSERT_TRUE(opened.ok()) << opened.status();
      held = std::move(opened->front());
    } else {
      auto opened = OpenUnixSocket(address, {});
      ASSERT_TRUE(opened.ok()) << opened.status();
      held = *std::move(opened);
    }
    address = held.address;
    options_.config.listen = {address};
    SocketClient client(address);
    for (const int life : {1, 2, 3}) {
      Telemetry telemetry;
      client.Send("hits:1|c");  // nobody is there to read it
      InheritedSockets inherited;
      inherited.Add(FileDescriptor(::dup(held.socket.number())), "statsd");
      const auto agent = Ingest::Start(options_, RuleSet(), clock_, telemetry, &inherited);
      ASSERT_TRUE(agent.ok()) << agent.status();
      ASSERT_TRUE(inherited.CheckAllTaken().ok());
      client.Send("hits:1|c");
      (*agent)->Stop();
      EXPECT_EQ(LineMetrics(telemetry).lines.value(), 2u) << "life " << life;
    }
    EXPECT_EQ(std::filesystem::exists(address.path), address.is_unix());
  }
}

TEST_F(IngestTest, AcceptsOnInheritedSockets) {
  auto held = OpenTcpSocket(At(Address::Kind::kTcp));
  ASSERT_TRUE(held.ok()) << held.status();
  options_.config.listen = {held->address};
  SocketClient early(held->address);  // waits to be accepted
  early.Send("hits:1|c\n");
  InheritedSockets inherited;
  inherited.Add(FileDescriptor(::dup(held->socket.number())), "statsd");
  auto agent = Ingest::Start(options_, RuleSet(), clock_, telemetry_, &inherited);
  ASSERT_TRUE(agent.ok()) << agent.status();
  ingest_ = *std::move(agent);
  EXPECT_EQ(TotalAfter(1), 1);
  SocketClient late(held->address);  // still listening
}

TEST_F(IngestTest, NamesTheAddressItCannotHave) {
  const Address taken = Start(At(Address::Kind::kTcp));
  Ingest::Options second = options_;
  second.config.listen = {taken};
  Telemetry telemetry;
  const auto started = Ingest::Start(second, RuleSet(), clock_, telemetry);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(std::string(started.status().message()), HasSubstr("ingest.listen: " + taken.ToString()));
}

TEST_F(IngestTest, RemovesItsUnixSockets) {
  const Address address = Start(At(Address::Kind::kUnixDatagram));
  EXPECT_TRUE(std::filesystem::exists(address.path));
  ingest_->Stop();
  EXPECT_FALSE(std::filesystem::exists(address.path));
}

TEST_F(IngestTest, TakesWhatTheKernelHoldsBeforeItStops) {
  SocketClient client(Start(At(Address::Kind::kUnixDatagram)));
  for (int i = 0; i < 300; ++i) client.Send("hits:1|c");
  EXPECT_EQ(TotalAfter(0), 300);
}

// Unix sockets make the sender wait and lose nothing, so what is sent must be what is flushed, to the last sample,
// while intervals close all the time.
TEST_F(IngestTest, LosesNothingFromSocketToUnit) {
  constexpr int kPackets = 2000;
  options_.config.listen = {At(Address::Kind::kUnixDatagram), At(Address::Kind::kUnixStream), At(Address::Kind::kTcp)};
  auto started = Ingest::Start(options_, RuleSet(), clock_, telemetry_);
  ASSERT_TRUE(started.ok()) << started.status();
  ingest_ = *std::move(started);

  struct Counting : UnitReceiver {
    void OnClosed(ClosedInterval closed) override {
      samples += closed.marker.sample_count();
      for (const v1::Block& block : closed.blocks) in_blocks += block.sample_count();
    }
    uint64_t samples = 0;
    uint64_t in_blocks = 0;
  } units;
  Flusher::Options flush;
  flush.config.reader_timeout = absl::Seconds(30);
  flush.instance = options_.instance;
  Flusher flusher(flush, options_.first_interval, ingest_->shards(), ingest_->levels(), clock_, telemetry_, units,
                  nullptr);

  std::atomic<int> senders_done{0};
  std::vector<std::thread> senders;
  for (const Address& address : ingest_->addresses()) {
    senders.emplace_back([&senders_done, address] {
      SocketClient client(address);
      for (int i = 0; i < kPackets; ++i) {
        const std::string text = absl::StrCat("hits:1:1|c|#i:", i % 50, "\nlatency:", i, "|ms\nseen:", i, "|s\n");
        address.kind == Address::Kind::kUnixStream ? client.SendPacket(text) : client.Send(text);
      }
      ++senders_done;
    });
  }
  while (senders_done < 3) {
    clock_.Advance(absl::Seconds(10));
    flusher.CloseIfDue();
  }
  for (std::thread& sender : senders) sender.join();
  ASSERT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() == 3u * 3 * kPackets; }));
  ingest_->Stop();
  flusher.FlushNow();
  EXPECT_EQ(units.samples, 3u * 4 * kPackets);
  EXPECT_EQ(units.in_blocks, units.samples);
  EXPECT_EQ(ShardMetrics(telemetry_).accepted.value(), units.samples);
}

// Several readers of one UDP address. The kernel may drop, so what is flushed is what was accepted.
TEST_F(IngestTest, SpreadsSendersOverReaders) {
  options_.config.udp_readers = 2;
  const Address address = Start(At(Address::Kind::kUdp));
  ASSERT_EQ(ingest_->shards().size(), 2u);
  for (int sender = 0; sender < 32; ++sender) SocketClient(address).Send("hits:1|c");
  EXPECT_EQ(TotalAfter(32), 32);
}

TEST_F(IngestTest, TakesOtherRulesFromTheNextIntervalOn) {
  SocketClient client(Start(At(Address::Kind::kUnixDatagram)));
  client.Send("hits:1|c");
  ASSERT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() == 1; }));
  RuleSpec rename;
  rename.rename = "visits";
  ingest_->Reconfigure(*RuleSet::Build({rename}), LimitsConfig());
  Shard& shard = *ingest_->shards().at(0);
  shard.RequestWindows(options_.first_interval + 1);
  std::vector<ShardWindows> taken = shard.TakeWindows(absl::Seconds(30));
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].main.entries.at(0).series->key.name, "hits");
  client.Send("hits:1|c");
  ASSERT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() == 2; }));
  shard.RequestWindows(options_.first_interval + 2);
  taken = shard.TakeWindows(absl::Seconds(30));
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].main.entries.at(0).series->key.name, "visits");
}

TEST_F(IngestTest, KnowsWhoSendsOverEveryTransport) {
  using Kind = Address::Kind;
  for (const Kind kind : {Kind::kUdp, Kind::kTcp, Kind::kUnixDatagram, Kind::kUnixStream}) {
    const uint64_t lines_before = LineMetrics(telemetry_).lines.value();
    const Address address = Start(At(kind));
    SocketClient client(address);
    kind == Kind::kUnixStream ? client.SendPacket("hits:1|c") : client.Send("hits:1|c\nbad\n");
    ASSERT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() > lines_before; }));
    ingest_->Stop();
    Shard& shard = *ingest_->shards().at(0);
    shard.RequestWindows(options_.first_interval + 1);
    const std::vector<ShardWindows> taken = shard.TakeWindows(absl::ZeroDuration());
    ASSERT_EQ(taken.size(), 1u);
    ASSERT_EQ(taken[0].activity.clients.size(), 1u) << address.ToString();
    const tributary::Client& sender = taken[0].activity.clients[0];
    EXPECT_EQ(sender.peer.ToString(), address.is_unix() ? absl::StrCat("pid ", ::getpid()) : "127.0.0.1");
    EXPECT_EQ(sender.samples, 1u);
    EXPECT_EQ(sender.lines_rejected, kind == Kind::kUnixStream ? 0u : 1u);
  }
}

// A sender may pass descriptors along with a datagram; ours must not run out.
TEST_F(IngestTest, OpensNoDescriptorThatASenderPasses) {
  const Address address = Start(At(Address::Kind::kUnixDatagram));
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  const auto before = open_files();
  for (int i = 0; i < 50; ++i) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    char line[] = "hits:1|c";
    iovec part{line, sizeof line - 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    const int passed = socket.number();
    std::memcpy(CMSG_DATA(rights), &passed, sizeof passed);
    ASSERT_EQ(::sendmsg(socket.number(), &message, 0), static_cast<ssize_t>(part.iov_len));
  }
  ASSERT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() >= 50; }));
  EXPECT_EQ(open_files(), before);
  EXPECT_EQ(TotalAfter(50), 50);
}

}  // namespace
}  // namespace tributary
