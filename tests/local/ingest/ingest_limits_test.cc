#include <gmock/gmock.h>

#include <string>

#include "tests/local/ingest/ingest_harness.h"

namespace tributary {
namespace {

// What is too large, too long, too many or silent.
using IngestLimitsTest = IngestTest;

TEST_F(IngestLimitsTest, TakesTheWholeLinesOfATruncatedDatagram) {
  options_.config.max_datagram_bytes = 24;
  SocketClient client(Start(At(Address::Kind::kUdp)));
  client.Send("hits:1|c\nhits:2|c\nhits:1234567|c");  // cut to "hits:1"
  client.Send("hits:12345678901234567890|c");         // not one whole line
  client.Send("hits:4|c");
  EXPECT_EQ(TotalAfter(3), 7);
  EXPECT_EQ(Datagrams().truncated.value(), 2u);
}

TEST_F(IngestLimitsTest, TakesTheLargestDatagram) {
  SocketClient client(Start(At(Address::Kind::kUdp)));
  std::string text;
  while (text.size() + 9 <= 65'507) text += "hits:1|c\n";
  client.Send(text);
  EXPECT_EQ(TotalAfter(text.size() / 9), text.size() / 9);
}

TEST_F(IngestLimitsTest, CountsWhatTheKernelDropped) {
  options_.config.receive_buffer_bytes = 4096;
  const Address address = Start(At(Address::Kind::kUdp));
  SocketClient client(address);
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

TEST_F(IngestLimitsTest, ClosesOnlyTheStreamWithABadLength) {
  const Address address = Start(At(Address::Kind::kUnixStream));
  SocketClient good(address);
  SocketClient bad(address);
  good.SendPacket("hits:1|c");
  bad.SendPacket("hits:2|c");
  bad.Send("\xff\xff\xff\xff");
  EXPECT_TRUE(bad.IsClosed());
  good.SendPacket("hits:4|c");
  EXPECT_EQ(TotalAfter(3), 7);
  EXPECT_EQ(Streams().closed_bad_length.value(), 1u);
}

TEST_F(IngestLimitsTest, CountsWhatAConnectionLeavesUnfinished) {
  const Address address = Start(At(Address::Kind::kUnixStream));
  SocketClient whole(address), cut(address), held(address);
  whole.SendPacket("hits:1|c");
  whole.Close();
  cut.SendPacket("hits:2|c");
  cut.Send(absl::string_view("\x08\0\0\0hits:", 9));
  cut.Close();
  EXPECT_TRUE(Eventually([&] { return Streams().unfinished.value() == 1; }));
  held.Send("hits:4|c\nhits:");
  EXPECT_EQ(TotalAfter(3), 7);  // ends what is held
  EXPECT_EQ(Streams().unfinished.value(), 2u);
}

TEST_F(IngestLimitsTest, SkipsALineThatIsTooLongAndKeepsItsConnection) {
  SocketClient client(Start(At(Address::Kind::kTcp)));
  client.Send("hits:1|c\n");
  client.Send(std::string(200'000, 'x'));
  client.Send("\nhits:2|c\n");
  EXPECT_EQ(TotalAfter(2), 3);
  EXPECT_EQ(Streams().lines_too_long.value(), 1u);
}

TEST_F(IngestLimitsTest, ClosesConnectionsBeyondTheirLimit) {
  options_.config.max_connections = 1;
  const Address address = Start(At(Address::Kind::kTcp));
  SocketClient first(address);
  first.Send("hits:1|c\n");
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 1; }));
  SocketClient second(address);
  EXPECT_TRUE(second.IsClosed());
  first.Send("hits:2|c\n");
  EXPECT_EQ(TotalAfter(2), 3);
  EXPECT_EQ(Streams().closed_limit.value(), 1u);
  EXPECT_EQ(Streams().open.value(), 0);
}

TEST_F(IngestLimitsTest, MakesRoomByClosingTheLongestSilentConnection) {
  options_.config.max_connections = 2;
  const Address address = Start(At(Address::Kind::kTcp));
  SocketClient silent(address);
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 1; }));
  SocketClient busy(address);
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 2; }));
  clock_.Advance(options_.config.line_timeout);
  busy.Send("hits:1|c\n");
  EXPECT_TRUE(Eventually([&] { return LineMetrics(telemetry_).lines.value() == 1; }));
  SocketClient next(address);
  EXPECT_TRUE(silent.IsClosed());
  next.Send("hits:2|c\n");
  busy.Send("hits:4|c\n");
  EXPECT_EQ(TotalAfter(3), 7);
  EXPECT_EQ(Streams().closed_evicted.value(), 1u);
  EXPECT_EQ(Streams().closed_limit.value(), 0u);
}

TEST_F(IngestLimitsTest, ClosesConnectionsWhoseLineOrPacketDoesNotEnd) {
  options_.config.idle_timeout = absl::Hours(24);
  for (const Address::Kind kind : {Address::Kind::kTcp, Address::Kind::kUnixStream}) {
    SocketClient slow(Start(At(kind)));
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

TEST_F(IngestLimitsTest, ClosesConnectionsThatAreIdle) {
  const Address address = Start(At(Address::Kind::kTcp));
  SocketClient idle(address);
  EXPECT_TRUE(Eventually([&] { return Streams().open.value() == 1; }));
  clock_.Advance(absl::Minutes(11));
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_EQ(Streams().closed_idle.value(), 1u);
}

}  // namespace
}  // namespace tributary
