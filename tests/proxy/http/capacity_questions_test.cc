#include "proxy/http/capacity_questions.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(ParseGoalTest, PercentileAndTarget) {
  const auto goal = ParseGoal("p99<300ms");
  ASSERT_TRUE(goal.ok()) << goal.status();
  EXPECT_DOUBLE_EQ(goal->q, 0.99);
  EXPECT_DOUBLE_EQ(goal->target, 300);
  EXPECT_EQ(goal->text, "p99<300ms");
  EXPECT_DOUBLE_EQ(ParseGoal(" p99.9 < 0.5s ")->target, 500);
  EXPECT_DOUBLE_EQ(ParseGoal("p50<7.5")->target, 7.5) << "in the metric's own unit";
}

TEST(ParseGoalTest, AnythingElseIsRefused) {
  for (const char* text : {"", "p99", "99<300ms", "p0<1", "p100<1", "p99<", "p99<-1", "p99>300ms", "p99<fast", "<1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseGoal(text).status())) << text;
  }
}

TEST(ParseDependenciesTest, WordsAndPairs) {
  LaunchRequest request;
  ASSERT_TRUE(ParseDependencies("auto", request).ok());
  EXPECT_TRUE(request.find_dependencies);
  ASSERT_TRUE(ParseDependencies("none", request).ok());
  EXPECT_FALSE(request.find_dependencies);
  ASSERT_TRUE(ParseDependencies("db:1.8,cache:0.4", request).ok());
  ASSERT_EQ(request.dependencies.size(), 2u);
  EXPECT_EQ(request.dependencies[1].service, "cache");
  EXPECT_DOUBLE_EQ(request.dependencies[1].elasticity, 0.4);
  EXPECT_FALSE(ParseDependencies("db", request).ok());
  EXPECT_FALSE(ParseDependencies("db:many", request).ok());
}

}  // namespace
}  // namespace tributary
