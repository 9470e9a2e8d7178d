#include "local/tap/tap.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>
#include <thread>
#include <vector>

namespace tributary {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'780'000'000);

Tap::Options Everything(int rate = Tap::kMaxRate) { return {.pattern = *TapPattern::Parse("*"), .rate = rate}; }

Peer Loopback() {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Peer::OfAddress(reinterpret_cast<const sockaddr&>(name));
}

void Offer(Tap& tap, absl::string_view text, absl::string_view rejected = "", absl::Time time = kStart) {
  tap.Offer({text, Loopback(), rejected}, time);
}

std::vector<std::string> Lines(const Tap::Taken& taken) {
  std::vector<std::string> lines;
  for (const TapRecord& record : taken.records) lines.push_back(record.line);
  return lines;
}

TEST(TapTest, ShowsWhatMatchesOnce) {
  Tap tap({.pattern = *TapPattern::Parse("api.*")});
  Offer(tap, "api.hits:1|c");
  Offer(tap, "web.hits:1|c");
  const Tap::Taken taken = tap.Take();
  ASSERT_EQ(taken.records.size(), 1u);
  EXPECT_EQ(taken.records[0].line, "api.hits:1|c");
  EXPECT_EQ(taken.records[0].client, "127.0.0.1");
  EXPECT_EQ(taken.records[0].rejected, "");
  EXPECT_EQ(taken.records[0].time, kStart);
  EXPECT_EQ(taken.skipped, 0u);  // what does not match is not skipped
  EXPECT_TRUE(tap.Take().records.empty());
}

TEST(TapTest, TellsRefusedLinesApart) {
  const struct {
    Tap::Rejected rejected;
    std::vector<std::string> shown;
  } kCases[] = {{Tap::Rejected::kNo, {"a:1|c"}},
                {Tap::Rejected::kAlso, {"a:1|c", "a:nan|c"}},
                {Tap::Rejected::kOnly, {"a:nan|c"}}};
  for (const auto& c : kCases) {
    Tap tap({.pattern = *TapPattern::Parse("a"), .rejected = c.rejected});
    Offer(tap, "a:1|c");
    Offer(tap, "a:nan|c", "bad_value");
    const Tap::Taken taken = tap.Take();
    EXPECT_EQ(Lines(taken), c.shown);
    EXPECT_EQ(taken.records.back().rejected, c.rejected == Tap::Rejected::kNo ? "" : "bad_value");
  }
}

TEST(TapTest, ShowsAtMostItsRateAndCountsTheRest) {
  Tap tap(Everything(10));
  for (int i = 0; i < 25; ++i) Offer(tap, "a:1|c");
  const Tap::Taken first = tap.Take();
  EXPECT_EQ(first.records.size(), 10u);  // a second's worth
  EXPECT_EQ(first.skipped, 15u);
  for (int i = 0; i < 25; ++i) Offer(tap, "a:1|c", "", kStart + absl::Milliseconds(500));
  EXPECT_EQ(tap.Take().records.size(), 5u);
  for (int i = 0; i < 25; ++i) Offer(tap, "a:1|c", "", kStart + absl::Hours(1));
  EXPECT_EQ(tap.Take().records.size(), 10u);
}

TEST(TapTest, GoesOnAfterAClockIsSetBack) {
  Tap tap(Everything(10));
  Offer(tap, "a:1|c", "", kStart + absl::Hours(1));
  tap.Take();
  for (int i = 0; i < 25; ++i) Offer(tap, "a:1|c", "", kStart);
  EXPECT_EQ(tap.Take().records.size(), 10u);
}

TEST(TapTest, HoldsNoMoreThanItsBoundWhenNobodyTakes) {
  Tap tap(Everything());
  const std::string line(5'000, 'x');
  const int offered = 10 * static_cast<int>(Tap::kMaxRecords);
  for (int i = 0; i < offered; ++i) Offer(tap, line, "", kStart + i * absl::Milliseconds(1));
  const Tap::Taken taken = tap.Take();
  EXPECT_EQ(taken.records.size(), Tap::kMaxRecords);
  EXPECT_EQ(taken.skipped, offered - Tap::kMaxRecords);
  EXPECT_LT(taken.records[0].line.size(), Tap::kMaxLineBytes + 50);
  EXPECT_EQ(taken.records[0].line.substr(Tap::kMaxLineBytes), "… (5000 bytes)");
}

TEST(TapTest, ShowsAnyBytesPrintably) {
  Tap tap(Everything());
  Offer(tap, absl::string_view("a\xff\x1b[2J\0:1|c", 11), "bad_value");
  EXPECT_EQ(tap.Take().records[0].line, "a\\xff\\x1b[2J\\x00:1|c");
}

TEST(TapTest, LosesNoCountBetweenReaders) {
  constexpr int kReaders = 4;
  constexpr int kLines = 20'000;
  Tap tap(Everything());
  std::vector<std::thread> readers;
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&tap] {
      for (int i = 0; i < kLines; ++i) Offer(tap, "a:1|c", "", kStart + i * absl::Milliseconds(1) / 10);
    });
  }
  uint64_t seen = 0;
  const auto take = [&] {
    const Tap::Taken taken = tap.Take();
    seen += taken.records.size() + taken.skipped;
  };
  for (int i = 0; i < 100; ++i) take();
  for (std::thread& reader : readers) reader.join();
  take();
  EXPECT_EQ(seen, uint64_t{kReaders} * kLines);
}

}  // namespace
}  // namespace tributary
