#include "common/stats/seasonal_forecast.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "common/stats/seasonal_methods.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Hourly demand: a daily wave, quiet weekends, a trend, noise.
struct Demand {
  double trend_per_day = 0;
  double weekend = 0.6;
  double noise = 20;

  double At(size_t hour, std::mt19937_64& random) const {
    const double day = 1 + 0.5 * std::sin(2 * M_PI * static_cast<double>(hour % 24) / 24);
    const double week = hour / 24 % 7 >= 5 ? weekend : 1;
    return 500 * day * week + trend_per_day * static_cast<double>(hour) / 24 +
           std::normal_distribution<double>(0, noise)(random);
  }
  std::vector<double> Hours(size_t count, std::mt19937_64& random) const {
    std::vector<double> values(count);
    for (size_t hour = 0; hour < count; ++hour) values[hour] = At(hour, random);
    return values;
  }
};

TEST(SeasonalForecastTest, WeeklyDemandIsForecastByWeeks) {
  std::mt19937_64 random(1);
  const Demand demand;
  const std::vector<double> history = demand.Hours(24 * 42, random);
  const auto forecast = ForecastSeasonal(history, {.horizon = 24 * 7});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_THAT(forecast->method, HasSubstr("week"));
  EXPECT_EQ(forecast->trend_per_day, 0);
  const Demand exact{.noise = 1e-9};
  for (size_t ahead = 0; ahead < forecast->mean.size(); ++ahead) {
    EXPECT_NEAR(forecast->mean[ahead], exact.At(history.size() + ahead, random), 90) << ahead;
  }
  EXPECT_GE(forecast->scores.size(), 4u);
  for (size_t i = 1; i < forecast->scores.size(); ++i) {
    EXPECT_LE(forecast->scores[i - 1].mean_absolute_error, forecast->scores[i].mean_absolute_error);
  }
}

TEST(SeasonalForecastTest, ASureTrendGoesOn) {
  std::mt19937_64 random(2);
  const Demand demand{.trend_per_day = 10};
  const std::vector<double> history = demand.Hours(24 * 56, random);
  const auto forecast = ForecastSeasonal(history, {.horizon = 24 * 14});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_NEAR(forecast->trend_per_day, 10, 2);
  const Demand exact{.trend_per_day = 10, .noise = 1e-9};
  double sum = 0;
  for (size_t ahead = 0; ahead < forecast->mean.size(); ++ahead) {
    sum +=
        forecast->mean[ahead] / exact.At(history.size() + ahead, random) / static_cast<double>(forecast->mean.size());
  }
  EXPECT_NEAR(sum, 1, 0.03);
}

// The claim of the interval, over many series: trend, noise, holidays that are left out, gaps.
TEST(SeasonalForecastTest, IntervalsOf95PercentHoldAsOftenAsTheySay) {
  std::mt19937_64 random(3);
  size_t held = 0;
  size_t count = 0;
  double told = 0;
  constexpr int kSeries = 60;
  for (int series = 0; series < kSeries; ++series) {
    const Demand demand{.trend_per_day = series % 3 == 0 ? 4.0 : 0.0,
                        .weekend = series % 2 == 0 ? 0.6 : 1.0,
                        .noise = 10.0 + 5 * (series % 5)};
    std::vector<double> all = demand.Hours(24 * 58, random);
    std::vector<double> history(all.begin(), all.begin() + 24 * 56);
    if (series % 4 == 1) std::fill_n(history.begin() + 24 * 30, 24, kNaN);      // a holiday
    if (series % 4 == 2) std::fill_n(history.begin() + 24 * 50 + 7, 11, kNaN);  // a gap
    const auto forecast = ForecastSeasonal(history, {.horizon = 48});
    ASSERT_TRUE(forecast.ok()) << forecast.status();
    told += forecast->coverage / kSeries;
    for (size_t ahead = 0; ahead < 48; ++ahead) {
      const double value = all[history.size() + ahead];
      held += forecast->low[ahead] <= value && value <= forecast->high[ahead];
      ++count;
    }
  }
  const double coverage = static_cast<double>(held) / static_cast<double>(count);
  EXPECT_GE(coverage, 0.92);
  EXPECT_LE(coverage, 0.97);
  EXPECT_NEAR(told, coverage, 0.03);
}

// A method that looks a week back has a value or two in some origin: neither its luck nor its bad luck there counts.
TEST(SeasonalForecastTest, AWeekAndALittleIsJudgedByWholeTrials) {
  const Demand calm{.weekend = 1, .noise = 5};
  for (size_t hours = 170; hours <= 200; ++hours) {
    std::mt19937_64 random(hours);
    const auto forecast = ForecastSeasonal(calm.Hours(hours, random), {.horizon = 27});
    ASSERT_TRUE(forecast.ok()) << forecast.status();
    EXPECT_GT(forecast->coverage, 0.8) << hours << " hours, " << forecast->method;
  }
}

TEST(SeasonalForecastTest, AConstantStaysAndIsSure) {
  const std::vector<double> history(24 * 20, 42.0);
  const auto forecast = ForecastSeasonal(history, {});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  for (size_t ahead = 0; ahead < 48; ++ahead) {
    EXPECT_NEAR(forecast->mean[ahead], 42, 1e-6);
    EXPECT_NEAR(forecast->high[ahead], 42, 1e-6);
  }
}

TEST(SeasonalForecastTest, AShortHistorySaysSo) {
  std::mt19937_64 random(4);
  const auto forecast = ForecastSeasonal(Demand().Hours(24 * 2, random), {});
  ASSERT_TRUE(forecast.ok()) << forecast.status();
  EXPECT_THAT(forecast->caveat, HasSubstr("too short"));
  EXPECT_TRUE(std::isnan(forecast->coverage));
  EXPECT_GT(forecast->high[0], forecast->mean[0]);

  EXPECT_THAT(ForecastSeasonal(Demand().Hours(40, random), {}).status().message(),
              HasSubstr("two days of history (48 values), there are 40"));
}

TEST(SeasonalForecastTest, AGapAtTheSameTimeOfEveryDayIsNamed) {
  std::mt19937_64 random(5);
  std::vector<double> history = Demand().Hours(24 * 10, random);
  for (size_t i = 3; i < history.size(); i += 24) history[i] = kNaN;
  EXPECT_THAT(ForecastSeasonal(history, {}).status().message(), HasSubstr("same time of every day"));
}

TEST(SeasonalForecastTest, OptionsOutOfRangeAreNamed) {
  const std::vector<double> history(24 * 20, 42.0);
  EXPECT_THAT(ForecastSeasonal(history, {.horizon = 0}).status().message(), HasSubstr("horizon of 0"));
  EXPECT_THAT(ForecastSeasonal(history, {.confidence = 1.5}).status().message(), HasSubstr("confidence of 1.5"));
}

TEST(SeasonalMethodsTest, NaiveMethodsRepeatTheNewestKnownSeason) {
  std::vector<double> history;
  for (int i = 0; i < 2 * 14; ++i) history.push_back(i);
  history.back() = kNaN;
  const std::vector<double> values = SeasonalMethods()[0].forecast(history, 2, 5);
  EXPECT_EQ(values, (std::vector<double>{26, 25, 26, 25, 26}));
}

}  // namespace
}  // namespace tributary
