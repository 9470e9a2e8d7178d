#include "cli/fail_condition.h"

#include <cmath>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* text;
  absl::Duration unit;
  double meets;
  double does_not;
};

TEST(FailConditionTest, ComparesInTheMetricsOwnUnit) {
  const absl::Duration ms = absl::Milliseconds(1), s = absl::Seconds(1);
  const Case table[] = {
      {">300ms", ms, 300.001, 300},   {">300ms", s, 0.3001, 0.2999}, {"> 1.5s", ms, 1501, 1500},
      {">=300ms", ms, 300, 299.999},  {"<2m", s, 119.9, 120},        {"<=250us", ms, 0.25, 0.2501},
      {"<= 250 µs", ms, 0.25, 0.251}, {"==3", ms, 3, 3.5},           {"!=0", ms, 1, 0},
      {">1%", ms, 0.0101, 0.01},      {"<-5", ms, -5.1, -5},         {">1e3", ms, 1001, 1000},
      {">1e-3s", ms, 1.1, 1},         {"<1h", s, 3599, 3600},        {">5ns", absl::Nanoseconds(1), 6, 5},
      {">=.5", ms, 0.5, 0.4},
  };
  for (const Case& one : table) {
    const auto condition = FailCondition::Parse(one.text, one.unit);
    ASSERT_TRUE(condition.ok()) << one.text << condition.status();
    EXPECT_TRUE(condition->Holds(one.meets)) << one.text;
    EXPECT_FALSE(condition->Holds(one.does_not)) << one.text;
    EXPECT_FALSE(condition->Holds(std::nan(""))) << one.text;
  }
}

TEST(FailConditionTest, SaysWhatWasAsked) {
  EXPECT_EQ(FailCondition::Parse(" >=300ms ", absl::Milliseconds(1))->text(), ">= 300ms");
}

TEST(FailConditionTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", ">", "300ms", "=300", "=>3", ">x", ">3 apples", ">3mss", ">nan", ">inf", ">>3", "> 3 4", ">1e"}) {
    const auto condition = FailCondition::Parse(text, absl::Milliseconds(1));
    ASSERT_FALSE(condition.ok()) << text;
    EXPECT_THAT(std::string(condition.status().message()), HasSubstr("such as '>300ms'"));
  }
}

}  // namespace
}  // namespace tributary
