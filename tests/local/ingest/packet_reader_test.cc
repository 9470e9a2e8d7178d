#include "local/ingest/packet_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "common/rules/rule_set.h"

namespace tributary {
namespace {

class PacketReaderTest : public ::testing::Test {
 protected:
  // Sum of the counters in what the shard has.
  double Total() {
    shard_.RequestWindows(shard_interval_ + 1);
    ++shard_interval_;
    reader_.EndBatch();
    double total = 0;
    for (const ShardWindows& windows : shard_.TakeWindows(absl::ZeroDuration())) {
      for (const Window::Entry& entry : windows.main.entries) {
        total += std::get<CounterAggregate>(entry.value).total.ToDouble();
      }
    }
    return total;
  }
  uint64_t Rejected(LineError error) const { return metrics_.rejected[static_cast<size_t>(error)]->value(); }

  const std::string host_ = "web-1";
  ManualClock clock_{absl::FromUnixSeconds(1'000'000'000)};
  Telemetry telemetry_;
  SeriesLimiter limiter_{LimitsConfig(), clock_};
  IntervalIndex shard_interval_ = 100'000'000;
  Shard shard_{Shard::Options(),
               shard_interval_,
               {std::make_shared<const Policy>(), host_, 1, limiter_, nullptr},
               clock_,
               ShardMetrics(telemetry_)};
  LineMetrics metrics_{telemetry_};
  TapHub taps_{clock_};
  PacketReader reader_{LineParser::Options(), metrics_, shard_, taps_};
};

TEST_F(PacketReaderTest, TakesLinesWithAndWithoutTheirEnd) {
  reader_.Receive("a:1|c\nb:2|c", Peer());
  reader_.Receive("a:4|c\n", Peer());
  reader_.Receive("\n\na:8|c\r\n\r\n", Peer());
  EXPECT_EQ(Total(), 15);
  EXPECT_EQ(metrics_.lines.value(), 4u);
}

TEST_F(PacketReaderTest, LosesNothingElseToABadLine) {
  reader_.Receive("a:1|c\nbroken\na:2|c\nx:nan|c\n_e{9,9}:a|b\n_sc|x|9\na:4|c|@7\na:8|c", Peer());
  EXPECT_EQ(Total(), 11);
  EXPECT_EQ(metrics_.lines.value(), 8u);
  EXPECT_EQ(Rejected(LineError::kNoValue), 1u);
  EXPECT_EQ(Rejected(LineError::kBadValue), 1u);
  EXPECT_EQ(Rejected(LineError::kBadEvent), 1u);
  EXPECT_EQ(Rejected(LineError::kBadCheck), 1u);
  EXPECT_EQ(Rejected(LineError::kBadRate), 1u);
}

TEST_F(PacketReaderTest, CountsSkippedSections) {
  reader_.Receive("a:1|c|future|#x|#y\na:1|c|c:known", Peer());
  reader_.EndBatch();
  EXPECT_EQ(metrics_.skipped_sections.value(), 2u);
}

TEST_F(PacketReaderTest, OffersEveryLineToTaps) {
  reader_.Receive("before:1|c", Peer());
  reader_.EndBatch();
  const auto tap = taps_.Open({.pattern = *TapPattern::Parse("*")});
  ASSERT_TRUE(tap.ok()) << tap.status();
  reader_.Receive("a:1|c\r\n\nb:nan|c\n", Peer());
  reader_.EndBatch();
  reader_.Refuse("cut", "truncated", Peer());
  const auto taken = taps_.Poll(*tap);
  ASSERT_TRUE(taken.ok()) << taken.status();
  ASSERT_EQ(taken->records.size(), 3u);
  EXPECT_EQ(taken->records[0].line, "a:1|c");
  EXPECT_EQ(taken->records[0].rejected, "");
  EXPECT_EQ(taken->records[1].line, "b:nan|c");
  EXPECT_EQ(taken->records[1].rejected, "bad_value");
  EXPECT_EQ(taken->records[2].rejected, "truncated");
}

}  // namespace
}  // namespace tributary
