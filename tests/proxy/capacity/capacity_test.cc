// Capacity over a history in memory: PromQL's own engine is not asked, its answers are.
#include "proxy/capacity/capacity.h"

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proxy/capacity/service_reader.h"
#include "tests/proxy/capacity/fake_history.h"

namespace tributary {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class CapacityTest : public ::testing::Test {
 protected:
  CapacityTest() {
    capacity_.Configure({{.name = "api", .rate = "hits", .error = "", .duration = ""}}, {Cpu()});
    history_.metrics["hits"] = {MetricType::kCounter, {""}, [](size_t, absl::Time time, absl::Duration window) {
                                  return 300 * Wave(time) * absl::ToDoubleSeconds(window);
                                }};
    history_.metrics["hits.by_host"] = {
        MetricType::kCounter, {"web-0", "web-1", "web-2"}, [](size_t, absl::Time time, absl::Duration window) {
          return 100 * Wave(time) * absl::ToDoubleSeconds(window);
        }};
    history_.metrics["cpu"] = {
        MetricType::kGauge, {"web-0", "web-1", "web-2"}, [](size_t host, absl::Time time, absl::Duration) {
          return 0.1 + 0.002 * 100 * Wave(time) + (host == 2 ? 0.1 : 0);
        }};
  }
  static ResourceSpec Cpu() {
    ResourceSpec cpu;
    cpu.name = "cpu";
    cpu.utilization = "cpu";
    return cpu;
  }
  LaunchRequest Launch(double multiplier) const {
    LaunchRequest request;
    request.service = "api";
    request.question.multiplier = multiplier;
    request.question.at = kNow + absl::Hours(9);
    return request;
  }

  FakeHistory history_;
  MemoryBook book_;
  Capacity capacity_{history_, book_};
};

TEST_F(CapacityTest, HeadroomNamesTheHostWithLeastLeft) {
  const auto answer = capacity_.Headroom({});
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->report.rows.size(), 3u);
  EXPECT_EQ(answer->report.rows[0].entity, "web-2");
  EXPECT_EQ(answer->report.rows[0].service, "api");
  // (0.8 - idle 0.2) / (peak - 0.2), the peak being near 0.2 + 0.26.
  EXPECT_NEAR(*answer->report.rows[0].multiplier, 0.6 / 0.26, 0.05);
  EXPECT_NEAR(*answer->report.imbalance, 1, 1e-9);
}

TEST_F(CapacityTest, MetricsAreAskedForByteByByte) {
  ASSERT_TRUE(capacity_.Headroom({}).ok());
  EXPECT_THAT(history_.queries, Contains(HasSubstr("sum by (host) (increase({\"hits.by_host\"}[")));
}

TEST_F(CapacityTest, ForecastHasTheCapacityOfItsService) {
  ForecastRequest request;
  request.service = "api";
  request.horizon = absl::Hours(48);
  const auto answer = capacity_.Forecast(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->metric, "hits");
  EXPECT_EQ(answer->forecast.forecast.mean.size(), 48u);
  EXPECT_NEAR(answer->forecast.forecast.mean[6], 300 * Wave(kNow + absl::Hours(7)), 1);
  ASSERT_TRUE(answer->capacity.has_value());
  EXPECT_EQ(answer->capacity->host, "web-2");
  EXPECT_NEAR(answer->capacity->load, 3 * 0.6 / 0.002, 2);
}

TEST_F(CapacityTest, LaunchWithinWhatWasSeenIsJudged) {
  const auto report = capacity_.Launch(Launch(1.1));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->answer.verdict, Verdict::kYes) << report->answer.reason;
  EXPECT_EQ(report->hosts, 3u);
  EXPECT_NEAR(report->answer.highest_load, 130, 1);
  EXPECT_EQ(capacity_.Launch(Launch(3))->answer.verdict, Verdict::kUnknown);
}

TEST_F(CapacityTest, LoadTestIsEvidenceAndNoEverydayTraffic) {
  const absl::Time from = kNow - absl::Hours(30);
  const auto is_test = [from](absl::Time time) { return time > from && time <= from + absl::Minutes(30); };
  history_.metrics["hits.by_host"].value = [is_test](size_t, absl::Time time, absl::Duration window) {
    return (is_test(time) ? 400 : 100 * Wave(time)) * absl::ToDoubleSeconds(window);
  };
  ASSERT_TRUE(capacity_.Calibrate({"api", from, from + absl::Minutes(30), false, ""}).ok());
  const auto report = capacity_.Launch(Launch(2));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->calibrations, 1u);
  EXPECT_NEAR(report->answer.highest_load, 400, 1e-6);
  EXPECT_NE(report->answer.verdict, Verdict::kUnknown) << report->answer.reason;
}

TEST_F(CapacityTest, DependenciesAreFoundByTheirRates) {
  capacity_.Configure({{.name = "api", .rate = "hits", .error = "", .duration = ""},
                       {.name = "db", .rate = "queries", .error = "", .duration = ""},
                       {.name = "mail", .rate = "mails", .error = "", .duration = ""}},
                      {Cpu()});
  history_.metrics["queries"] = {MetricType::kCounter, {"db-0"}, [](size_t, absl::Time time, absl::Duration window) {
                                   return 2 * 300 * Wave(time) * absl::ToDoubleSeconds(window);
                                 }};
  history_.metrics["mails"] = {MetricType::kCounter, {"mail-0"}, [](size_t, absl::Time time, absl::Duration window) {
                                 return (absl::ToUnixSeconds(time) / 60 * 7919 % 100) * absl::ToDoubleSeconds(window);
                               }};
  const auto report = capacity_.Launch(Launch(1.05));
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->dependencies.size(), 2u);
  EXPECT_NEAR(report->dependencies[0].elasticity.slope, 2, 1e-6);
  EXPECT_TRUE(report->dependencies[0].included);
  EXPECT_FALSE(report->dependencies[1].included);
}

TEST_F(CapacityTest, WhatIsMissingIsSaid) {
  LaunchRequest request = Launch(2);
  request.service = "apj";
  EXPECT_TRUE(absl::IsNotFound(capacity_.Launch(request).status()));
  EXPECT_THAT(std::string(capacity_.Launch(request).status().message()), HasSubstr("has api"));
  ForecastRequest forecast;
  forecast.metric = "hitz";
  EXPECT_TRUE(absl::IsNotFound(capacity_.Forecast(forecast).status()));
  request = Launch(2);
  request.question.at = kNow;
  EXPECT_TRUE(absl::IsInvalidArgument(capacity_.Launch(request).status()));
  history_.metrics.erase("hits.by_host");
  history_.metrics["hits"].hosts = {};
  EXPECT_TRUE(absl::IsFailedPrecondition(capacity_.Launch(Launch(2)).status()));
  history_.metrics.erase("cpu");
  EXPECT_THAT(std::string(capacity_.Headroom({}).status().message()), HasSubstr("no resource has rows"));
  HeadroomRequest by;
  by.by = "a\"b";
  EXPECT_TRUE(absl::IsInvalidArgument(capacity_.Headroom(by).status()));
}

TEST_F(CapacityTest, LittleHistoryGapsAndConstantsAreTold) {
  ForecastRequest request;
  request.metric = "hits";
  history_.metrics["hits"].value = [](size_t, absl::Time time, absl::Duration window) {
    return time < kNow - absl::Hours(30) ? NAN : 5 * absl::ToDoubleSeconds(window);
  };
  EXPECT_THAT(std::string(capacity_.Forecast(request).status().message()), HasSubstr("too little history"));
  history_.metrics["hits"].value = [](size_t, absl::Time time, absl::Duration window) {
    return absl::ToUnixSeconds(time) / 3600 % 50 == 0 ? NAN : 5 * absl::ToDoubleSeconds(window);
  };
  const auto constant = capacity_.Forecast(request);
  ASSERT_TRUE(constant.ok()) << constant.status();
  EXPECT_THAT(constant->notes, Contains(HasSubstr("constant")));
  EXPECT_THAT(constant->notes, Contains(HasSubstr("hours are not known")));
  EXPECT_DOUBLE_EQ(constant->forecast.forecast.mean[0], 5);
}

TEST_F(CapacityTest, CalibrationWithoutRowsIsRefused) {
  history_.metrics["hits.by_host"].value = [](size_t, absl::Time, absl::Duration) { return NAN; };
  EXPECT_TRUE(absl::IsFailedPrecondition(
      capacity_.Calibrate({"api", kNow - absl::Hours(2), kNow - absl::Hours(1), false, ""}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      capacity_.Calibrate({"api", kNow - absl::Hours(1), kNow + absl::Hours(1), false, ""}).status()));
  EXPECT_TRUE(book_.calibrations.empty());
}

TEST(ServiceReaderTest, StepsAreAsShortAsTheBoundAllows) {
  const absl::Duration week = absl::Hours(7 * 24);
  EXPECT_EQ(StepFor(absl::Hours(24), 4, 30'000), absl::Minutes(1));
  EXPECT_EQ(StepFor(week, 4, 30'000), absl::Minutes(2));
  EXPECT_EQ(StepFor(week, 20, 30'000), absl::Minutes(10));
  EXPECT_EQ(StepFor(week, 1000, 30'000), absl::Hours(1));
}

TEST(ServiceReaderTest, BurstIsABusyMinuteByItsHour) {
  std::vector<double> minutes;
  for (int hour = 0; hour < 10; ++hour) {
    for (int minute = 0; minute < 60; ++minute) minutes.push_back(minute < 6 ? 190 : 90);
  }
  EXPECT_DOUBLE_EQ(BurstOf(minutes), 1.9);
  EXPECT_EQ(BurstOf({}), 1);
}

}  // namespace
}  // namespace tributary
