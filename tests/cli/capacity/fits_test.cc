#include "cli/capacity/fits.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

NumberColumns Columns(const std::string& text) { return *NumberColumns::Parse(text); }

// SPEC SDM91; tests/common/stats/usl_test.cc has the source.
const char kLoadTest[] =
    "load,throughput\n1,64.9\n18,995.9\n36,1652.4\n72,1853.2\n108,1828.9\n144,1775.0\n216,1702.2\n";

TEST(FitsTest, UslTellsItsReach) {
  const auto findings = UslFindings(Columns(kLoadTest), {250, 400});
  ASSERT_TRUE(findings.ok()) << findings.status();
  EXPECT_NEAR(findings->json.at("alpha").get<double>(), 0.0277285, 5e-7);
  EXPECT_NEAR(findings->json.at("gamma_standard_error").get<double>(), 14.2134894, 5e-4);
  EXPECT_EQ(findings->json.at("predictions").at(0).at("beyond_evidence"), false);
  EXPECT_EQ(findings->json.at("predictions").at(1).at("beyond_evidence"), true);
  EXPECT_THAT(findings->remarks, Contains(HasSubstr("up to a load of 270")));
}

TEST(FitsTest, QueuesAreWorkedOutRowByRow) {
  const auto findings = MmcFindings(Columns("servers,service_rate,load\n8,100,600\n1,10,7\n"));
  ASSERT_TRUE(findings.ok()) << findings.status();
  const auto& queues = findings->json.at("queues");
  ASSERT_EQ(queues.size(), 2u);
  EXPECT_NEAR(queues.at(0).at("wait_probability").get<double>(), 0.356981, 5e-7);
  EXPECT_NEAR(queues.at(0).at("p99").get<double>(), 0.0490849, 5e-8);
  EXPECT_NEAR(queues.at(1).at("mean").get<double>(), 1 / 3.0, 1e-12);
}

TEST(FitsTest, AnOverloadedQueueIsNamedByItsRow) {
  EXPECT_THAT(MmcFindings(Columns("servers,service_rate,load\n8,100,600\n8,100,801\n")).status().message(),
              HasSubstr("row 2: 801 arrivals"));
  EXPECT_THAT(MmcFindings(Columns("servers,service_rate,load\n1.5,100,600\n")).status().message(),
              HasSubstr("row 1: 1.5 is no number of servers"));
}

TEST(FitsTest, AForecastTellsHowOftenItHeld) {
  std::string text = "value\n";
  for (int hour = 0; hour < 24 * 21; ++hour) text += std::to_string(100 + hour % 24 + hour % 7) + "\n";
  const auto findings = ForecastFindings(Columns(text), {.horizon = 24});
  ASSERT_TRUE(findings.ok()) << findings.status();
  EXPECT_EQ(findings->json.at("forecast").size(), 24u);
  EXPECT_GT(findings->json.at("backtested_coverage").get<double>(), 0.8);
  EXPECT_EQ(findings->table.rows.size(), 24u);
  EXPECT_THAT(findings->remarks, Contains(HasSubstr("held")));
}

TEST(FitsTest, OutputIsOneOfThreeForms) {
  const auto findings = UslFindings(Columns(kLoadTest), {});
  EXPECT_THAT(TextOf(*findings, "json"), HasSubstr("\"model\": \"usl\""));
  EXPECT_THAT(TextOf(*findings, "csv"), HasSubstr("coefficient,value,standard error\r\nalpha,0.0277284"));
  EXPECT_THAT(TextOf(*findings, "table"), HasSubstr("COEFFICIENT"));
}

}  // namespace
}  // namespace tributary
