#include "cli/time_range.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixMillis(1'780'000'007'250);  // 2026-05-28T20:26:47.25Z

TEST(ParseMomentTest, TakesWhatPeopleType) {
  const std::pair<const char*, int64_t> table[] = {{"now", 1'780'000'007'250},
                                                   {"-1h", 1'779'996'407'250},
                                                   {"now-1h30m", 1'779'994'607'250},
                                                   {"-7d", 1'779'395'207'250},
                                                   {"1780000000", 1'780'000'000'000},
                                                   {"1780000000.5", 1'780'000'000'500},
                                                   {" 0 ", 0},
                                                   {"2026-05-28T20:26:40Z", 1'780'000'000'000},
                                                   {"2026-05-28T22:26:40.125+02:00", 1'780'000'000'125}};
  for (const auto& [text, unix_ms] : table) {
    const auto moment = ParseMoment(text, kNow);
    ASSERT_TRUE(moment.ok()) << text << moment.status();
    EXPECT_EQ(absl::ToUnixMillis(moment->time), unix_ms) << text;
    EXPECT_EQ(moment->relative, text[0] == 'n' || text[0] == '-') << text;
  }
}

TEST(ParseMomentTest, RefusesTheRest) {
  for (const char* text :
       {"", "-", "yesterday", "1h", "-1x", "now+1h", "now 5", "1e300", "NaN", "2026-05-28", "--1h"}) {
    EXPECT_FALSE(ParseMoment(text, kNow).ok()) << text;
  }
}

RangeWords Words(std::string start, std::string end, std::string last, std::string step) {
  return {.start = std::move(start), .end = std::move(end), .last = std::move(last), .step = std::move(step)};
}

void ExpectRange(const RangeWords& words, int64_t start, int64_t end, absl::Duration step) {
  const auto range = RangeOf(words, kNow);
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(absl::ToUnixMillis(range->start), start);
  EXPECT_EQ(absl::ToUnixMillis(range->end), end);
  EXPECT_EQ(range->step, step);
}

TEST(RangeOfTest, WhatMovesWithTheClockIsCutToSteps) {
  ExpectRange(Words("", "", "1h", "1m"), 1'779'996'360'000, 1'779'999'960'000, absl::Minutes(1));
  ExpectRange(Words("-10m", "now", "", "10"), 1'779'999'400'000, 1'780'000'000'000, absl::Seconds(10));
}

TEST(RangeOfTest, WhatIsGivenExactlyStays) {
  ExpectRange(Words("1780000001.5", "1780000101.5", "", "30s"), 1'780'000'001'500, 1'780'000'101'500,
              absl::Seconds(30));
  ExpectRange(Words("", "1780000003", "1m", "20s"), 1'779'999'943'000, 1'780'000'003'000, absl::Seconds(20));
}

TEST(RangeOfTest, AStepIsChosenWhenNoneIsGiven) {
  ExpectRange(Words("1780000000", "1780003600", "", ""), 1'780'000'000'000, 1'780'003'600'000, absl::Minutes(1));
  EXPECT_EQ(NiceStep(absl::ZeroDuration()), absl::Seconds(10));
  EXPECT_EQ(NiceStep(absl::Minutes(5)), absl::Seconds(10));
  EXPECT_EQ(NiceStep(absl::Hours(6)), absl::Minutes(5));
  EXPECT_EQ(NiceStep(absl::Hours(24 * 7)), absl::Hours(2));
  EXPECT_EQ(NiceStep(absl::Hours(24 * 400)), absl::Hours(24 * 4));
}

TEST(RangeOfTest, RefusesWhatIsNoRange) {
  const std::pair<RangeWords, const char*> table[] = {{Words("-1h", "", "1h", ""), "--start or --last, not both"},
                                                      {Words("now", "-1h", "", ""), "ends before it starts"},
                                                      {Words("soon", "", "", ""), "--start takes RFC 3339"},
                                                      {Words("", "soon", "1h", ""), "--end takes RFC 3339"},
                                                      {Words("", "", "0s", ""), "--last takes a duration"},
                                                      {Words("", "", "1h", "0"), "--step takes a duration"},
                                                      {Words("", "", "1h", "-5s"), "--step takes a duration"}};
  for (const auto& [words, message] : table) {
    const auto range = RangeOf(words, kNow);
    EXPECT_TRUE(absl::IsInvalidArgument(range.status()));
    EXPECT_THAT(std::string(range.status().message()), HasSubstr(message));
  }
}

TEST(DurationTextTest, IsWhatTheQueryLanguageTakes) {
  EXPECT_EQ(DurationText(absl::Minutes(90)), "1h30m");
  EXPECT_EQ(DurationText(absl::Milliseconds(1500)), "1s500ms");
  EXPECT_EQ(DurationText(absl::Hours(48)), "2d");
  EXPECT_EQ(DurationText(absl::Seconds(10)), "10s");
}

}  // namespace
}  // namespace tributary
