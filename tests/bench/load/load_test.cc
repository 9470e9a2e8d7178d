#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/load/agent_counts.h"
#include "bench/load/deck.h"
#include "bench/load/generator.h"
#include "bench/load/pacer.h"
#include "bench/load/process_usage.h"
#include "common/net/file_descriptor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "local/ingest/sockets.h"

namespace tributary {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000'000);

// --- Deck

TEST(DeckTest, HoldsEverySampleInOrderWithinTheLimit) {
  const SyntheticSeries series({.keys = 30});
  const Deck deck(series, {.samples = 500, .payload_bytes = 300});
  std::vector<std::string> lines;
  uint64_t counted = 0;
  for (size_t i = 0; i < deck.size(); ++i) {
    EXPECT_LE(deck.payload(i).size(), 300u);
    for (const absl::string_view line : absl::StrSplit(deck.payload(i), '\n')) lines.emplace_back(line);
    counted += deck.lines(i);
    EXPECT_EQ(counted, lines.size());
  }
  ASSERT_EQ(lines.size(), 500u);
  EXPECT_EQ(deck.total_lines(), 500u);
  for (uint64_t n = 0; n < 500; ++n) EXPECT_EQ(lines[n].find(absl::StrCat(series.Sample(n).name, ":")), 0u);
}

TEST(DeckTest, LineEachWhenNoPayloadIsWanted) {
  const Deck deck(SyntheticSeries({.keys = 30}), {.samples = 100, .payload_bytes = 0});
  ASSERT_EQ(deck.size(), 100u);
  for (size_t i = 0; i < deck.size(); ++i) EXPECT_EQ(deck.payload(i).find('\n'), absl::string_view::npos);
}

TEST(DeckTest, RunsOfATimerAreOneLine) {
  const SyntheticSeries series({.keys = 10, .types = {Measurement::Kind::kTimer}, .run_length = 5});
  const Deck deck(series, {.samples = 100, .payload_bytes = 0, .pack_values = true});
  EXPECT_EQ(deck.total_lines(), 20u);
}

TEST(DeckTest, FirstLinesEndWithoutANewline) {
  EXPECT_EQ(FirstLines("a:1|c\nb:1|c\nc:1|c", 1), "a:1|c");
  EXPECT_EQ(FirstLines("a:1|c\nb:1|c\nc:1|c", 2), "a:1|c\nb:1|c");
}

// --- Pacer

TEST(PacerTest, AllowsTheRate) {
  Pacer pacer(1000, absl::Milliseconds(10), kStart);
  EXPECT_EQ(pacer.Allowed(kStart, 0), 0u);
  EXPECT_EQ(pacer.Allowed(kStart + absl::Milliseconds(5), 0), 5u);
  EXPECT_EQ(pacer.Allowed(kStart + absl::Milliseconds(12), 5), 12u);
  EXPECT_EQ(pacer.TimeOf(12), kStart + absl::Milliseconds(12));
}

TEST(PacerTest, CatchesUpNoMoreThanABurst) {
  Pacer pacer(1000, absl::Milliseconds(10), kStart);
  EXPECT_EQ(pacer.Allowed(kStart + absl::Seconds(3), 5) - 5, 10u);
  EXPECT_EQ(pacer.delay(), absl::Milliseconds(3000 - 5 - 10));
}

TEST(PacerTest, PayloadOfMoreThanABurstIsAllowedInTime) {
  Pacer pacer(1000, absl::Milliseconds(10), kStart);
  for (int ms = 1; ms < 100; ++ms) EXPECT_LT(pacer.Allowed(kStart + absl::Milliseconds(ms), 100), 100u);
  EXPECT_EQ(pacer.Allowed(kStart + absl::Milliseconds(100), 100), 100u);
  EXPECT_EQ(pacer.delay(), absl::ZeroDuration());
}

TEST(PacerTest, NoRateIsNoLimit) {
  Pacer pacer(0, absl::Milliseconds(10), kStart);
  EXPECT_EQ(pacer.Allowed(kStart, 1'000'000), std::numeric_limits<uint64_t>::max());
}

// --- what is read of others

TEST(AgentCountsTest, SumsOverLabels) {
  const AgentCounts counts = ParseAgentCounts(
      "# TYPE tributary_local_lines_total counter\n"
      "tributary_local_lines_total 12\n"
      "tributary_local_lines_rejected_total{reason=\"bad value\"} 2\n"
      "tributary_local_lines_rejected_total{reason=\"empty\"} 3\n"
      "tributary_local_lines_total_of_another 100\n");
  EXPECT_EQ(counts.lines, 12);
  EXPECT_EQ(counts.lines_rejected, 5);
  EXPECT_EQ(counts.kernel_drops, 0);
}

TEST(ProcessUsageTest, OwnProcessIsThereAndNoneIsNot) {
  const std::string touched(32 << 20, 'x');
  const auto usage = ReadProcessUsage(getpid());
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_GE(usage->resident_bytes, touched.size());
  EXPECT_GE(usage->peak_resident_bytes, usage->resident_bytes);
  EXPECT_EQ(ReadProcessUsage(-1).status().code(), absl::StatusCode::kNotFound);
}

// --- sending

class SendLoadTest : public ::testing::Test {
 protected:
  SendLoadTest() {
    auto sockets = OpenUdpSockets({.kind = Address::Kind::kUdp, .host = "127.0.0.1"}, 1);
    EXPECT_TRUE(sockets.ok()) << sockets.status();
    if (!sockets.ok()) return;
    socket_ = std::move((*sockets)[0].socket);
    options_.to = (*sockets)[0].address;
    options_.duration = absl::Seconds(60);
  }

  // What lies in the socket.
  std::vector<std::string> Received() {
    std::vector<std::string> payloads;
    std::string buffer(65'536, '\0');
    pollfd event{socket_.number(), POLLIN, 0};
    while (poll(&event, 1, 0) > 0) {
      const ssize_t size = recv(socket_.number(), buffer.data(), buffer.size(), 0);
      if (size < 0) break;
      payloads.push_back(buffer.substr(0, static_cast<size_t>(size)));
    }
    return payloads;
  }

  const SystemClock clock_;
  FileDescriptor socket_;
  LoadOptions options_;
};

TEST_F(SendLoadTest, SendsExactlyAsManyLinesAsAskedFor) {
  const Deck deck(SyntheticSeries({.keys = 20}), {.samples = 100, .payload_bytes = 200});
  options_.senders = 3;
  options_.lines = 257;
  const auto counts = SendLoad(deck, options_, clock_);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->lines, 257u);
  EXPECT_EQ(counts->lines_refused, 0u);
  size_t lines = 0, bytes = 0;
  const std::vector<std::string> received = Received();
  for (const std::string& payload : received) {
    lines += static_cast<size_t>(std::count(payload.begin(), payload.end(), '\n')) + 1;
    bytes += payload.size();
  }
  EXPECT_EQ(lines, 257u);
  EXPECT_EQ(bytes, counts->bytes);
  EXPECT_EQ(received.size(), counts->payloads);
}

TEST_F(SendLoadTest, TimeEndsItToo) {
  const Deck deck(SyntheticSeries({.keys = 20}), {.samples = 100, .payload_bytes = 0});
  options_.lines_per_second = 1;
  options_.duration = absl::ZeroDuration();
  const auto counts = SendLoad(deck, options_, clock_);
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->lines, 0u);
}

}  // namespace
}  // namespace tributary
