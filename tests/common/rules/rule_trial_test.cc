#include "common/rules/rule_trial.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Send(RuleTrial& trial, absl::string_view name, absl::string_view tags, MetricType type = MetricType::kCounter) {
  const double one = 1;
  Sample sample;
  sample.type = type;
  sample.name = name;
  sample.tags = tags;
  sample.values = absl::MakeConstSpan(&one, 1);
  trial.Add(sample);
}

RuleTrial TrialOf(std::vector<RuleSpec> rules, const RuleTrial::Limits& limits = {}) {
  const size_t count = rules.size();
  return RuleTrial(*RuleSet::Build(std::move(rules)), count, limits, "web-1");
}

TEST(RuleTrialTest, WithoutRulesNothingChanges) {
  RuleTrial trial = TrialOf({});
  Send(trial, "a", "x:1");
  Send(trial, "a", "x:1");
  Send(trial, "a", "x:2");
  const RuleTrial::Result result = trial.Finish();
  EXPECT_EQ(result.samples, 3u);
  EXPECT_EQ(result.series_before, 2u);
  EXPECT_EQ(result.series_after, 2u);
  EXPECT_THAT(result.metrics.at(0).becomes, IsEmpty());
  EXPECT_THAT(result.folds, IsEmpty());
}

TEST(RuleTrialTest, TagOrderMakesNoSeries) {
  RuleTrial trial = TrialOf({});
  Send(trial, "a", "x:1,y:2");
  Send(trial, "a", "y:2,x:1");
  EXPECT_EQ(trial.Finish().series_before, 1u);
}

TEST(RuleTrialTest, TellsWhatIsDroppedAndByWhichRule) {
  RuleSpec drop;
  drop.name = "debug.*";
  drop.drop = true;
  RuleTrial trial = TrialOf({drop});
  Send(trial, "debug.x", "a:1");
  Send(trial, "debug.x", "a:2");
  Send(trial, "kept", "");
  const RuleTrial::Result result = trial.Finish();
  EXPECT_EQ(result.series_before, 3u);
  EXPECT_EQ(result.series_after, 1u);
  EXPECT_EQ(result.samples_dropped, 2u);
  EXPECT_EQ(result.rules.at(0).samples, 2u);
  EXPECT_EQ(result.rules.at(0).series, 2u);
  EXPECT_EQ(result.metrics.at(0).name, "debug.x");
  EXPECT_THAT(result.metrics.at(0).becomes, ElementsAre("dropped"));
}

TEST(RuleTrialTest, FewerTagsMakeFewerSeries) {
  RuleSpec by;
  by.name = "api.*";
  by.by = {"region"};
  RuleTrial trial = TrialOf({by});
  for (const char* tags : {"region:eu,user:1", "region:eu,user:2", "region:us,user:3"}) Send(trial, "api.calls", tags);
  const RuleTrial::Result result = trial.Finish();
  EXPECT_EQ(result.series_before, 3u);
  EXPECT_EQ(result.series_after, 2u);
}

TEST(RuleTrialTest, NamesWhatARenamedOrRescopedSeriesBecomes) {
  RuleSpec rename;
  rename.name = "old";
  rename.rename = "new";
  RuleSpec both;
  both.name = "api.latency";
  both.scopes = {{.scope = Scope::kGlobal, .as = ""}, {.scope = Scope::kHost, .as = "*.by_host"}};
  RuleTrial trial = TrialOf({rename, both});
  Send(trial, "old", "");
  Send(trial, "api.latency", "", MetricType::kTimer);
  const RuleTrial::Result result = trial.Finish();
  EXPECT_EQ(result.series_after, 3u);
  EXPECT_EQ(result.metrics.at(0).name, "api.latency");
  EXPECT_THAT(result.metrics.at(0).becomes, ElementsAre("api.latency (global)", "api.latency.by_host (host)"));
  EXPECT_THAT(result.metrics.at(1).becomes, ElementsAre("new (global)"));
}

TEST(RuleTrialTest, TellsWhichTagsHaveTooManyValues) {
  RuleTrial trial = TrialOf({}, {.max_values_per_tag = 3});
  for (int i = 0; i < 10; ++i) Send(trial, "calls", "user:" + std::to_string(i) + ",zone:a");
  const RuleTrial::Result result = trial.Finish();
  EXPECT_EQ(result.series_before, 10u);
  EXPECT_EQ(result.series_after, 4u) << "three, and the one of __other__";
  ASSERT_EQ(result.folds.size(), 1u);
  EXPECT_EQ(result.folds[0].name, "calls");
  EXPECT_EQ(result.folds[0].tag, "user");
  EXPECT_EQ(result.folds[0].series, 10u);
  EXPECT_EQ(result.folds[0].limit, 3u);
}

TEST(RuleTrialTest, TellsWhichMetricsFoldAndThatAllDo) {
  RuleTrial trial = TrialOf({}, {.max_series = 5, .max_series_per_metric = 4});
  for (const char* tags : {"u:1", "u:2", "u:3", "u:4", "u:5", "u:6"}) Send(trial, "many", tags);
  for (const char* tags : {"u:1", "u:2"}) Send(trial, "few", tags);
  const RuleTrial::Result result = trial.Finish();
  ASSERT_EQ(result.folds.size(), 2u);
  EXPECT_EQ(result.folds[0].name, "");
  EXPECT_EQ(result.folds[0].series, 6u);  // 4 of `many` and 2 of `few`
  EXPECT_EQ(result.folds[1].name, "many");
  EXPECT_EQ(result.folds[1].series, 6u);
  EXPECT_EQ(result.folds[1].limit, 4u);
}

}  // namespace
}  // namespace tributary
