#include "local/ingest/ingest.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/bytes.h"
#include "local/flush/flusher.h"
#include "local/ingest/listener_metrics.h"
#include "local/ingest/sockets.h"
#include "tests/support/temp_dir.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

// Waits for `condition`, at most half a minute; what waits for it fails then.
bool Eventually(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// A client's end of a socket.
class Client {
 public:
  explicit Client(const Address& to) {
    const bool datagrams = to.kind == Address::Kind::kUdp || to.kind == Address::Kind::kUnixDatagram;
    const int type = (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC;
    if (to.is_unix()) {
      sockaddr_un name{};
      name.sun_family = AF_UNIX;
      std::memcpy(name.sun_path, to.path.data(), to.path.size());
      Connect(AF_UNIX, type, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    } else if (to.host == "::1") {
      sockaddr_in6 name{};
      name.sin6_family = AF_INET6;
      name.sin6_port = htons(to.port);
      name.sin6_addr = in6addr_loopback;
      Connect(AF_INET6, type, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    } else {
      sockaddr_in name{};
      name.sin_family = AF_INET;
      name.sin_port = htons(to.port);
      name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      Connect(AF_INET, type, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    }
  }

  void Send(absl::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0) << std::strerror(errno);
      text.remove_prefix(sent);
    }
  }
  void SendPacket(absl::string_view text) {
    std::string bytes;
    ByteWriter(bytes).U32(static_cast<uint32_t>(text.size()));
    Send(absl::StrCat(bytes, text));
  }
  void TrySend(absl::string_view text) { ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL); }
  // Waits for the other side to close.
  bool IsClosed() {
    char byte;
    return ::recv(socket_.number(), &byte, 1, 0) <= 0;
  }
  void Close() { socket_ = FileDescriptor(); }

 private:
  void Connect(int family, int type, const sockaddr* name, socklen_t size) {
    socket_ = FileDescriptor(::socket(family, type, 0));
    ASSERT_EQ(::connect(socket_.number(), name, size), 0) << std::strerror(errno);
  }
  FileDescriptor socket_;
};

class IngestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.host = "web-1";
    options_.first_interval = 100'000'000;
    options_.instance = InstanceId::Random();
    options_.config.receive_buffer_bytes = 1 << 20;
  }
  void TearDown() override { ingest_.reset(); }

  Address At(Address::Kind kind) const {
    if (kind == Address::Kind::kUdp || kind == Address::Kind::kTcp) return {.kind = kind, .host = "127.0.0.1"};
    return {.kind = kind, .path = absl::StrCat(dir_.path(), "/", static_cast<int>(kind))};
  }
  // Starts with one listener and returns where it is.
  Address Start(const Address& address) {
    ingest_.reset();
    options_.config.listen = {address};
    absl::StatusOr<std::unique_ptr<Ingest>> started = Ingest::Start(options_, RuleSet(), clock_, telemetry_);
    EXPECT_TRUE(started.ok()) << started.status();
    ingest_ = *std::move(started);
    return ingest_->addresses().at(0);
  }
  // The sum of all counters, as soon as `lines` have been read.
  double TotalAfter(uint64_t lines) {
    EXPECT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() >= lines; }));
    ingest_->Stop();
    double total = 0;
    for (Shard* shard : ingest_->shards()) {
      shard->RequestWindows(options_.first_interval + 1);
      for (const ShardWindows& windows : shard->TakeWindows(absl::ZeroDuration())) {
        for (const Window::Entry& entry : windows.main.entries) {
          total += std::get<CounterAggregate>(entry.value).total.ToDouble();
        }
      }
    }
    return total;
  }
  DatagramMetrics Datagrams() { return DatagramMetrics(telemetry_, options_.config.listen[0].ToString()); }
  StreamMetrics Streams() { return StreamMetrics(telemetry_, options_.config.listen[0].ToString()); }

  const TempDir dir_;
  ManualClock clock_{absl::FromUnixSeconds(1'000'000'000)};
  Telemetry telemetry_;
  Ingest::Options options_;
  std::unique_ptr<Ingest> ingest_;
};

TEST_F(IngestTest, ReadsDatagrams) {
  for (const Address::Kind kind : {Address::Kind::kUdp, Address::Kind::kUnixDatagram}) {
    Telemetry telemetry;
    options_.config.listen = {At(kind)};
    auto ingest = Ingest::Start(options_, RuleSet(), clock_, telemetry);
    ASSERT_TRUE(ingest.ok()) << ingest.status();
    Client client((*ingest)->addresses().at(0));
    client.Send("hits:1|c\nhits:2|c");
    client.Send("hits:4|c");
    EXPECT_TRUE(Eventually([&] { return LineMetrics(telemetry).lines.value() == 3; }));
    EXPECT_EQ(DatagramMetrics(telemetry, At(kind).ToString()).datagrams.value(), 2u);
  }
}

TEST_F(IngestTest, ReadsDatagramsOverIpv6) {
  if (!OpenUdpSockets({.kind = Address::Kind::kUdp, .host = "::1"}, 1).ok()) GTEST_SKIP() << "no IPv6 here";
  Client client(Start({.kind = Address::Kind::kUdp, .host = "::1"}));
  client.Send("hits:5|c");
  EXPECT_EQ(TotalAfter(1), 5);
}

TEST_F(IngestTest, ReadsLinesOverTcpOverIpv6) {
  if (!OpenUdpSockets({.kind = Address::Kind::kUdp, .host = "::1"}, 1).ok()) GTEST_SKIP() << "no IPv6 here";
  const Address address = Start({.kind = Address::Kind::kTcp, .host = "::1"});
  EXPECT_EQ(address.ToString(), absl::StrCat("tcp://[::1]:", address.port));
  Client client(address);
  client.Send("hits:1|c\nhits:4|c\n");
  EXPECT_EQ(TotalAfter(2), 5);
}

TEST_F(IngestTest, ListensOnEveryInterface) {
  Client client(Start({.kind = Address::Kind::kUdp}));  // over IPv4, to a socket that may be IPv6
  client.Send("hits:5|c");
  EXPECT_EQ(TotalAfter(1), 5);
}

TEST_F(IngestTest, ReadsLinesOverTcp) {
  Client client(Start(At(Address::Kind::kTcp)));
  client.Send("hits:1|c\nhi");
  client.Send("ts:2|c\nbroken\nhits:4|c");
  client.Close();  // the last line lacks its end
  EXPECT_EQ(TotalAfter(4), 7);
}

TEST_F(IngestTest, ReadsPacketsOverUnixStreams) {
  Client client(Start(At(Address::Kind::kUnixStream)));
  client.SendPacket("hits:1|c\nhits:2|c\n");
  client.SendPacket("hits:4|c");
  EXPECT_EQ(TotalAfter(3), 7);
}

TEST_F(IngestTest, ReadsLinesOverUnixStreams) {
  const Address address = Start(At(Address::Kind::kUnixStream));
  Client lines(address);
  Client packets(address);
  lines.Send("hits:1|c\nhits:2");
  packets.SendPacket("hits:8|c");
  lines.Send("|c\nhits:4|c\n");
  EXPECT_EQ(TotalAfter(4), 15);
  EXPECT_EQ(Streams().closed_bad_length.value(), 0u);
}

TEST_F(IngestTest, TakesTheWholeLinesOfATruncatedDatagram) {
  options_.config.max_datagram_bytes = 24;
  Client client(Start(At(Address::Kind::kUdp)));
  client.Send("hits:1|c\nhits:2|c\nhits:1234567|c");  // cut to "hits:1"
  client.Send("hits:12345678901234567890|c");         // not one whole line
  client.Send("hits:4|c");
  EXPECT_EQ(TotalAfter(3), 7);
  EXPECT_EQ(Datagrams().truncated.value(), 2u);
}

TEST_F(IngestTest, TakesTheLargestDatagram) {
  Client client(Start(At(Address::Kind::kUdp)));
  std::string text;
  while (text.size() + 9 <= 65'507) text += "hits:1|c\n";
  client.Send(text);
  EXPECT_EQ(TotalAfter(text.size() / 9), text.size() / 9);
}

TEST_F(IngestTest, CountsWhatTheKernelDropped) {
  options_.config.receive_buffer_bytes = 4096;
  const Address address = Start(At(Address::Kind::kUdp));
  Client client(address);
  // Keep the reader busy with long datagrams while more arrive than the buffer holds.
  const std::string text(1400, 'x');
  uint64_t sent = 0;
  EXPECT_TRUE(Eventually([&] {
    for (int i = 0; i < 200; ++i, ++sent) client.Send(text);
    return Datagrams().kernel_drops.value() > 0;
  }));
  // A datagram that gets through after the last loss tells of all of them.
  EXPECT_TRUE(Eventually([&] {
    client.Send(text);
    ++sent;
    return Datagrams().datagrams.value() + Datagrams().kernel_drops.value() == sent;
  }));
}

TEST_F(IngestTest, ClosesOnlyTheStreamWithABadLength) {
  const Address address = Start(At(Address::Kind::kUnixStream));
  Client good(address);
  Client bad(address);
  good.SendPacket("hits:1|c");
  bad.SendPacket("hits:2|c");
  bad.Send("\xff\xff\xff\xff");
  EXPECT_TRUE(bad.IsClosed());
  good.SendPacket("hits:4|c");
  EXPECT_EQ(TotalAfter(3), 7);
  EXPECT_EQ(Streams().closed_bad_length.value(), 1u);
}

TEST_F(IngestTest, SkipsALineThatIsTooLongAndKeepsItsConnection) {
  Client client(Start(At(Address::Kind::kTcp)));
  client.Send("hits:1|c\n");
  client.Send(std::string(200'000, 'x'));
  client.Send("\nhits:2|c\n");
  EXPECT_EQ(TotalAfter(2), 3);
  EXPECT_EQ(Streams().lines_too_long.value(), 1u);
}

TEST_F(IngestTest, ClosesConnectionsBeyondTheirLimit) {
  options_.config.max_connections = 1;
  const Address address = Start(At(Address::Kind::kTcp));
  Client first(address);
  first.Send("hits:1|c\n");
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 1; }));
  Client second(address);
  EXPECT_TRUE(second.IsClosed());
  first.Send("hits:2|c\n");
  EXPECT_EQ(TotalAfter(2), 3);
  EXPECT_EQ(Streams().closed_limit.value(), 1u);
  EXPECT_EQ(Streams().open.value(), 0);
}

TEST_F(IngestTest, MakesRoomByClosingTheLongestSilentConnection) {
  options_.config.max_connections = 2;
  const Address address = Start(At(Address::Kind::kTcp));
  Client silent(address);
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 1; }));
  Client busy(address);
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 2; }));
  clock_.Advance(options_.config.line_timeout);
  busy.Send("hits:1|c\n");
  EXPECT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() == 1; }));
  Client next(address);
  EXPECT_TRUE(silent.IsClosed());
  next.Send("hits:2|c\n");
  busy.Send("hits:4|c\n");
  EXPECT_EQ(TotalAfter(3), 7);
  EXPECT_EQ(Streams().closed_evicted.value(), 1u);
  EXPECT_EQ(Streams().closed_limit.value(), 0u);
}

TEST_F(IngestTest, ClosesConnectionsWhoseLineOrPacketDoesNotEnd) {
  options_.config.idle_timeout = absl::Hours(24);
  for (const Address::Kind kind : {Address::Kind::kTcp, Address::Kind::kUnixStream}) {
    Client slow(Start(At(kind)));
    if (kind == Address::Kind::kUnixStream) slow.Send(absl::string_view("\xff\xff\0\0", 4));
    EXPECT_TRUE(Eventually([&] {
      slow.TrySend("x");  // a byte now and then does not help
      clock_.Advance(options_.config.line_timeout / 4);
      return Streams().closed_slow.value() == 1;
    }));
    EXPECT_TRUE(slow.IsClosed());
    EXPECT_EQ(Streams().closed_idle.value(), 0u);
  }
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
    Client client(address);
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
  Client early(held->address);  // waits to be accepted
  early.Send("hits:1|c\n");
  InheritedSockets inherited;
  inherited.Add(FileDescriptor(::dup(held->socket.number())), "statsd");
  auto agent = Ingest::Start(options_, RuleSet(), clock_, telemetry_, &inherited);
  ASSERT_TRUE(agent.ok()) << agent.status();
  ingest_ = *std::move(agent);
  EXPECT_EQ(TotalAfter(1), 1);
  Client late(held->address);  // still listening
}

TEST_F(IngestTest, ClosesConnectionsThatAreIdle) {
  const Address address = Start(At(Address::Kind::kTcp));
  Client idle(address);
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 1; }));
  clock_.Advance(absl::Minutes(11));
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_EQ(Streams().closed_idle.value(), 1u);
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
  Client client(Start(At(Address::Kind::kUnixDatagram)));
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
      Client client(address);
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
  for (int sender = 0; sender < 32; ++sender) Client(address).Send("hits:1|c");
  EXPECT_EQ(TotalAfter(32), 32);
}

TEST_F(IngestTest, TakesOtherRulesFromTheNextIntervalOn) {
  Client client(Start(At(Address::Kind::kUnixDatagram)));
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
    Client client(address);
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
