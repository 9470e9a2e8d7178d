#include "proxy/capacity/demand.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const absl::Time kStart = absl::FromUnixSeconds(1'767'225'600);  // 2026-01-01T00:00Z

HourlySeries Hours(size_t count) {
  HourlySeries series{kStart, {}};
  for (size_t i = 0; i < count; ++i) series.values.push_back(100 + static_cast<double>(i % 24));
  return series;
}

TEST(DemandTest, HoursThatMeetASpanAreForgotten) {
  HourlySeries series = Hours(6);
  series.Forget({{kStart + absl::Minutes(90), kStart + absl::Minutes(150)}});
  EXPECT_FALSE(std::isnan(series.values[0]));
  EXPECT_TRUE(std::isnan(series.values[1]));
  EXPECT_TRUE(std::isnan(series.values[2]));
  EXPECT_FALSE(std::isnan(series.values[3]));
}

TEST(DemandTest, SpanThatEndsOnTheHourLeavesTheNext) {
  HourlySeries series = Hours(3);
  series.Forget({{kStart, kStart + absl::Hours(1)}});
  EXPECT_TRUE(std::isnan(series.values[0]));
  EXPECT_FALSE(std::isnan(series.values[1]));
}

TEST(DemandTest, UnknownHoursAtTheStartAreTrimmed) {
  HourlySeries series{kStart, {kNaN, kNaN, 5, kNaN, 6}};
  series.TrimStart();
  EXPECT_EQ(series.start, kStart + absl::Hours(2));
  EXPECT_EQ(series.values.size(), 3u);
  EXPECT_EQ(series.KnownHours(), 2u);
  EXPECT_EQ(series.Highest(), 6);
}

TEST(DemandTest, NewestIsTheLastThatIsKnown) {
  EXPECT_EQ((HourlySeries{kStart, {7, kNaN, 5, kNaN}}.Newest()), 5);
  EXPECT_TRUE(std::isnan((HourlySeries{kStart, {kNaN}}.Newest())));
}

TEST(DemandTest, DayIsKnownWhenHalfOfItIs) {
  HourlySeries series = Hours(72);
  EXPECT_EQ(series.KnownDays(), 3u);
  for (size_t i = 0; i < 13; ++i) series.values[i] = kNaN;
  EXPECT_EQ(series.KnownDays(), 2u);
}

TEST(DemandTest, ForecastOfADailyWaveRepeatsIt) {
  const HourlySeries series = Hours(24 * 14);
  const auto forecast = ForecastHours(series, kStart + absl::Hours(24 * 15), 0.95);
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_EQ(forecast->start, kStart + absl::Hours(24 * 14));
  EXPECT_EQ(forecast->HourOf(kStart + absl::Hours(24 * 14 + 5) + absl::Minutes(59)), 5u);
  EXPECT_DOUBLE_EQ(forecast->forecast.mean[5], 105);
  EXPECT_DOUBLE_EQ(forecast->forecast.Draw(5, 0.99), 105) << "it was never wrong";
}

TEST(DemandTest, WhatIsMissingIsSaid) {
  const auto short_history = ForecastHours(Hours(30), kStart + absl::Hours(40), 0.95);
  EXPECT_EQ(short_history.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(short_history.status().message()), HasSubstr("30 hours are known, a forecast needs 48"));
  const auto past = ForecastHours(Hours(100), kStart + absl::Hours(99), 0.95);
  EXPECT_EQ(past.status().code(), absl::StatusCode::kInvalidArgument);
  const auto far = ForecastHours(Hours(100), kStart + absl::Hours(24 * 365), 0.95);
  EXPECT_THAT(std::string(far.status().message()), HasSubstr("more than 60 days away"));
}

}  // namespace
}  // namespace tributary
