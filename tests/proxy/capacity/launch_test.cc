#include "proxy/capacity/launch.h"

#include <cmath>
#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proxy/capacity/queue_steps.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kStart = absl::FromUnixSeconds(1'767'225'600);
constexpr size_t kHours = 24 * 14;

// Four hosts with 8 servers of 100 a second, each at about 200 by day and night; loads up to `highest` were seen.
ServiceModel MakeFleet(double highest) {
  ServiceModel model;
  model.service = "api";
  model.history.start = kStart;
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(1, 0.02);
  for (size_t i = 0; i < kHours; ++i) model.history.values.push_back(800 * noise(random));
  std::vector<double> loads, uses;
  for (double load = 180; load <= highest; load += 10) {
    loads.push_back(load);
    uses.push_back(load / 800);
  }
  for (int i = 0; i < 4; ++i) {
    model.hosts.push_back(absl::StrCat("web-", i));
    model.shares.push_back(0.25);
    HostResource cpu;
    cpu.resource = "cpu";
    cpu.host = model.hosts.back();
    cpu.limit = 0.8;
    cpu.now = 0.25;
    cpu.line = FitUtilization(loads, uses);
    model.resources.push_back(cpu);
  }
  model.latency = *LatencyCurve::Fit(QueueSteps(180, highest, 10));
  model.highest_load = highest;
  return model;
}

// Fitted once: laws of queues take a while.
const ServiceModel& Fleet(double highest) {
  static std::map<double, ServiceModel>& fleets = *new std::map<double, ServiceModel>();
  const auto found = fleets.find(highest);
  return found != fleets.end() ? found->second : fleets.emplace(highest, MakeFleet(highest)).first->second;
}

LaunchQuestion Times(double multiplier) {
  LaunchQuestion question;
  question.multiplier = multiplier;
  question.at = kStart + absl::Hours(kHours + 20);
  question.goals = {{.q = 0.99, .target = 0.060, .text = "p99<60ms"}};
  return question;
}

LaunchAnswer Judged(const ServiceModel& model, const LaunchQuestion& question,
                    const std::vector<Dependency>& dependencies = {}) {
  const auto answer = JudgeLaunch(model, dependencies, question);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.value_or(LaunchAnswer());
}

TEST(LaunchTest, ThreeTimesIsServedWithinTheGoal) {
  const LaunchAnswer answer = Judged(Fleet(760), Times(3));
  EXPECT_EQ(answer.verdict, Verdict::kYes) << answer.reason;
  EXPECT_NEAR(answer.launch_p50, 2400, 60);
  EXPECT_EQ(*answer.replicas[0].more, 0u);
  EXPECT_FALSE(answer.test_host_load.has_value());
}

TEST(LaunchTest, FourTimesIsAllThatEightServersServe) {
  const LaunchAnswer answer = Judged(Fleet(760), Times(4));
  EXPECT_EQ(answer.verdict, Verdict::kNo);
  ASSERT_TRUE(answer.first_to_break.has_value());
  EXPECT_EQ(answer.first_to_break->name, "cpu");
  EXPECT_NEAR(answer.first_to_break->at_load, 4 * 640, 5);
  EXPECT_NEAR(answer.breaks_at_multiplier, 3.2, 0.1);
}

TEST(LaunchTest, SoManyReplicasMendIt) {
  const LaunchAnswer no = Judged(Fleet(760), Times(4));
  ASSERT_TRUE(no.replicas[0].more.has_value());
  // At least 3200 / 640 hosts; noise may want one more.
  EXPECT_GE(*no.replicas[0].more, 1u);
  EXPECT_LE(*no.replicas[0].more, 2u);
  LaunchQuestion question = Times(4);
  question.added_replicas = *no.replicas[0].more;
  EXPECT_EQ(Judged(Fleet(760), question).verdict, Verdict::kYes);
  question.added_replicas = *no.replicas[0].more - 1;
  EXPECT_NE(Judged(Fleet(760), question).verdict, Verdict::kYes);
}

TEST(LaunchTest, NeverYesBeyondWhatWasSeen) {
  for (const double multiplier : {1.5, 2.0, 3.0}) {
    const LaunchAnswer answer = Judged(Fleet(220), Times(multiplier));
    EXPECT_EQ(answer.verdict, Verdict::kUnknown) << multiplier;
    EXPECT_THAT(answer.reason, HasSubstr("1.25 times the highest load ever seen"));
    EXPECT_NEAR(*answer.test_host_load, 200 * multiplier, 20 * multiplier);
    EXPECT_GE(*answer.test_host_load, answer.host_p95 * 0.999);
  }
  // Up to there the same fleet is judged.
  EXPECT_EQ(Judged(Fleet(220), Times(1.2)).verdict, Verdict::kYes);
}

TEST(LaunchTest, BeyondWhatWasSeenItIsNoWhenEvenTheLeastSlopePassesTheLimit) {
  const LaunchAnswer answer = Judged(Fleet(400), Times(6));
  EXPECT_EQ(answer.verdict, Verdict::kNo);
  EXPECT_THAT(answer.reason, HasSubstr("even by the least demand and slope"));
  EXPECT_LE(answer.probability, 0.05);
}

TEST(LaunchTest, FewPeaksAreUnknown) {
  ServiceModel model = Fleet(760);
  model.history.values.resize(24 * 2 + 12);
  LaunchQuestion question = Times(3);
  question.at = kStart + absl::Hours(24 * 3);
  const LaunchAnswer answer = Judged(model, question);
  EXPECT_EQ(answer.verdict, Verdict::kUnknown);
  EXPECT_THAT(answer.reason, HasSubstr("2 days of demand are known, fewer than the 3 peaks"));
}

TEST(LaunchTest, GoalWithoutLatenciesIsUnknown) {
  ServiceModel model = Fleet(760);
  model.latency.reset();
  const LaunchAnswer answer = Judged(model, Times(2));
  EXPECT_EQ(answer.verdict, Verdict::kUnknown);
  EXPECT_THAT(answer.reason, HasSubstr("no latencies by host"));
  LaunchQuestion no_goal = Times(2);
  no_goal.goals.clear();
  EXPECT_EQ(Judged(model, no_goal).verdict, Verdict::kYes);
}

TEST(LaunchTest, TightGoalBreaksBeforeCpu) {
  LaunchQuestion question = Times(3);
  question.goals = {{.q = 0.99, .target = 0.0475, .text = "p99<47.5ms"}};
  const LaunchAnswer answer = Judged(Fleet(760), question);
  EXPECT_NE(answer.verdict, Verdict::kYes);
  EXPECT_EQ(answer.first_to_break->name, "p99<47.5ms");
  // p99 of M/M/8 is 47.5 ms a little below 600 a second.
  EXPECT_NEAR(answer.first_to_break->at_load, 4 * 570, 4 * 35);
}

TEST(LaunchTest, BudgetCountsSlowRequests) {
  const LaunchAnswer answer = Judged(Fleet(760), Times(3));
  ASSERT_TRUE(answer.budget.has_value());
  EXPECT_NEAR(*answer.budget, 0.01 * 800 * 30 * 86'400, 0.02 * 0.01 * 800 * 30 * 86'400);
  const double slow = MmcQueue::Make(8, 100, 600)->ResponseTail(0.06) * 2400 * 7200;
  EXPECT_NEAR(answer.spent_p50, slow / *answer.budget, 0.25 * slow / *answer.budget);
}

TEST(LaunchTest, GoalsOfOneTargetAreTheirOwn) {
  LaunchQuestion question = Times(3);
  question.goals = {{.q = 0.5, .target = 0.060, .text = "p50<60ms"}, {.q = 0.99, .target = 0.060, .text = "p99<60ms"}};
  const LaunchAnswer answer = Judged(Fleet(760), question);
  std::map<std::string, LaunchCheck> checks;
  for (const LaunchCheck& check : answer.checks) checks[check.name] = check;
  EXPECT_EQ(checks.at("p50<60ms").kind, LaunchCheck::Kind::kGoal);
  EXPECT_LT(checks.at("p50<60ms").expected_p50, 0.02);
  EXPECT_GT(checks.at("p99<60ms").expected_p50, 0.04);
  EXPECT_EQ(answer.budget_goal, "p99<60ms") << "it allows fifty times less";
}

TEST(LaunchTest, SameSeedSameAnswer) {
  const LaunchAnswer one = Judged(Fleet(760), Times(3.1));
  const LaunchAnswer again = Judged(Fleet(760), Times(3.1));
  EXPECT_EQ(one.probability, again.probability);
  EXPECT_EQ(one.launch_p90, again.launch_p90);
  LaunchQuestion other = Times(3.1);
  other.seed = 2;
  EXPECT_NE(Judged(Fleet(760), other).launch_p90, one.launch_p90);
}

TEST(LaunchTest, RampThatIsNotOverBringsLessLoadAtFirst) {
  LaunchQuestion question = Times(3);
  question.ramp = absl::Hours(2);
  const LaunchAnswer answer = Judged(Fleet(760), question);
  EXPECT_NEAR(answer.launch_p50, 2400, 60) << "the end has it all";
  EXPECT_LT(answer.spent_p50, Judged(Fleet(760), Times(3)).spent_p50);
}

TEST(LaunchTest, DependencyBreaksFirst) {
  Dependency database{Fleet(760), 2, 1.95, 2.05};
  database.model.service = "db";
  const LaunchAnswer answer = Judged(Fleet(760), Times(2), {database});
  // db gets 800 + 2 x 800 a second: what 3 times its own load would be.
  EXPECT_NEAR(answer.launch_p50, 1600, 50);
  EXPECT_EQ(answer.first_to_break->service, "db");
  const LaunchAnswer three = Judged(Fleet(760), Times(3), {database});
  EXPECT_EQ(three.verdict, Verdict::kNo);
  EXPECT_EQ(three.replicas[1].service, "db");
  EXPECT_GE(*three.replicas[1].more, 1u);
}

TEST(LaunchTest, ALoadTestIsToldOfEachService) {
  Dependency database{Fleet(220), 2, 1.95, 2.05};
  database.model.service = "db";
  const LaunchAnswer answer = Judged(Fleet(220), Times(2), {database});
  ASSERT_TRUE(answer.test_host_load.has_value());
  ASSERT_GE(answer.missing.size(), 2u);
  const std::string put = absl::StrFormat("put %.4g a second", *answer.test_host_load);
  EXPECT_THAT(answer.missing[0], HasSubstr(put));
  EXPECT_THAT(answer.missing[1], HasSubstr("a host of db"));
  EXPECT_THAT(answer.missing[1], Not(HasSubstr(put)));
}

TEST(LaunchTest, FullDiskIsToldAndNoPartOfTheVerdict) {
  ServiceModel model = Fleet(760);
  HostResource disk = model.resources[0];
  disk.resource = "disk space";
  disk.grows_with_load = false;
  disk.now = 0.93;
  disk.limit = 0.9;
  model.resources.push_back(disk);
  const LaunchAnswer answer = Judged(model, Times(3));
  EXPECT_EQ(answer.verdict, Verdict::kYes);
  EXPECT_THAT(answer.caveats, testing::Contains(HasSubstr("disk space of web-0 is at 93 %")));
}

TEST(LaunchTest, NonsenseIsRefused) {
  const ServiceModel model = Fleet(760);
  const auto code = [&](const LaunchQuestion& question) { return JudgeLaunch(model, {}, question).status().code(); };
  LaunchQuestion question = Times(0);
  EXPECT_EQ(code(question), absl::StatusCode::kInvalidArgument);
  question = Times(3);
  question.share = 1.5;
  EXPECT_EQ(code(question), absl::StatusCode::kInvalidArgument);
  question = Times(3);
  question.ramp = absl::Hours(5);
  EXPECT_EQ(code(question), absl::StatusCode::kInvalidArgument);
  question = Times(3);
  question.at = kStart;
  EXPECT_EQ(code(question), absl::StatusCode::kInvalidArgument);
  question = Times(3);
  question.at = kStart + absl::Hours(24 * 365);
  EXPECT_EQ(code(question), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(JudgeLaunch(ServiceModel(), {}, Times(3)).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tributary
