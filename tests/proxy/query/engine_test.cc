#include "proxy/query/engine.h"

#include <map>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/wire/series.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'736'931'600);  // 2025-01-15T09:00:00Z

// Gives stored answers, by the global's id, and keeps the last request.
class FakeFanOut : public FanOut {
 public:
  std::vector<GridAnswer> SelectGrid(const std::vector<Member>&, const v1::GridRequest&, absl::Duration) override {
    return {};
  }
  std::vector<LabelsAnswer> ListLabels(const std::vector<Member>&, const v1::LabelsRequest&, absl::Duration) override {
    return {};
  }
  std::vector<GlobalAnswer> Select(const std::vector<Member>& globals, const v1::SelectRequest& request,
                                   absl::Duration timeout) override {
    last_request = request;
    last_timeout = timeout;
    std::vector<GlobalAnswer> chosen;
    for (const Member& global : globals) {
      chosen.push_back(answers[global.id]);
      chosen.back().global = global;
    }
    return chosen;
  }

  std::map<std::string, GlobalAnswer> answers;
  v1::SelectRequest last_request;
  absl::Duration last_timeout;
};

v1::Group DistributionGroup(const std::map<std::string, std::string>& labels, const std::vector<double>& samples) {
  v1::Group group;
  for (const auto& [name, value] : labels) {
    v1::Label& label = *group.add_labels();
    label.set_name(name);
    label.set_value(value);
  }
  Aggregate value = MakeAggregate(MetricType::kDistribution);
  for (const double sample : samples) TRIBUTARY_CHECK(std::get<DistributionAggregate>(value).Add(sample, 1));
  group.mutable_merged()->set_type(v1::METRIC_TYPE_DISTRIBUTION);
  ToProto(value, *group.mutable_merged());
  return group;
}

v1::Group CounterGroup() {
  v1::Group group;
  Aggregate value = MakeAggregate(MetricType::kCounter);
  TRIBUTARY_CHECK(std::get<CounterAggregate>(value).Add(1, 1));
  group.mutable_merged()->set_type(v1::METRIC_TYPE_COUNTER);
  ToProto(value, *group.mutable_merged());
  return group;
}

// A whole answer: `rows` rows of 10 s of one series called m.
GlobalAnswer Answer(std::vector<v1::Group> groups, uint64_t rows = 3) {
  GlobalAnswer answer;
  answer.groups = std::move(groups);
  answer.summary.set_series(1);
  answer.summary.set_rows(rows);
  answer.summary.set_min_coverage(1);
  answer.summary.set_resolution_ms(10'000);
  answer.summary.set_sealed_through_unix_ms(absl::ToUnixMillis(kNow));
  answer.summary.add_names("m");
  return answer;
}

GlobalAnswer Lost(absl::Status status) {
  GlobalAnswer answer;
  answer.status = std::move(status);
  return answer;
}

class QueryEngineTest : public ::testing::Test {
 protected:
  absl::StatusOr<QueryResult> Query(absl::string_view expression) {
    return QueryEngine(
               fan_out_, [this] { return globals_; }, clock_, telemetry_)
        .Query(expression, std::nullopt, std::nullopt);
  }
  // The message of an error of this code.
  std::string Refusal(absl::string_view expression, absl::StatusCode code) {
    const auto result = Query(expression);
    EXPECT_EQ(result.status().code(), code) << result.status();
    return std::string(result.status().message());
  }

  bool Metric(const std::string& line) const {
    return telemetry_.Serialize().find("\n" + line + "\n") != std::string::npos;
  }

  FakeFanOut fan_out_;
  Telemetry telemetry_;
  std::vector<Member> globals_ = {{"g0", "10.0.0.1:8127"}, {"g1", "10.0.0.2:8127"}};
  ManualClock clock_{kNow};
};

TEST_F(QueryEngineTest, AsksForTheWindowTheMatchersAndTheGroups) {
  ASSERT_TRUE(Query("quantile(0.5, m{a=\"b\", c!~\"d\"}[5m]) without (host)").ok());
  EXPECT_EQ(fan_out_.last_request.ShortDebugString(),
            "name: \"m\" matchers { label: \"a\" op: OP_EQUAL value: \"b\" } "
            "matchers { label: \"c\" op: OP_NOT_MATCHES value: \"d\" } "
            "from_unix_ms: 1736931300000 to_unix_ms: 1736931600000 group_labels: \"host\" without: true");
  EXPECT_EQ(fan_out_.last_timeout, absl::Seconds(30));
  ASSERT_TRUE(Query("quantile(0.5, {\"m\", a!=\"b\", c=~\"d\"}[1s])").ok());
  EXPECT_EQ(fan_out_.last_request.ShortDebugString(),
            "name: \"m\" matchers { label: \"a\" op: OP_NOT_EQUAL value: \"b\" } "
            "matchers { label: \"c\" op: OP_MATCHES value: \"d\" } "
            "from_unix_ms: 1736931599000 to_unix_ms: 1736931600000 exact_name: true");
}

TEST_F(QueryEngineTest, AsksAtTheGivenTimeAndNoLongerThanItsBound) {
  QueryEngine engine(fan_out_, [this] { return globals_; }, clock_, telemetry_, {.max_timeout = absl::Seconds(50)});
  const absl::Time time = absl::FromUnixMillis(1'000'500);
  const auto result = engine.Query("quantile(0.5, m[10s])", time, absl::Hours(1));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->time, time);
  EXPECT_EQ(fan_out_.last_request.to_unix_ms(), 1'000'500);
  EXPECT_EQ(fan_out_.last_request.from_unix_ms(), 990'500);
  EXPECT_EQ(fan_out_.last_timeout, absl::Seconds(50));
}

TEST_F(QueryEngineTest, MergesTheGroupsOfAllGlobals) {
  fan_out_.answers["g0"] =
      Answer({DistributionGroup({{"region", "eu"}}, {1, 2}), DistributionGroup({{"region", "us"}}, {7})});
  fan_out_.answers["g1"] = Answer({DistributionGroup({{"region", "eu"}}, {3, 4, 5})});
  const auto result = Query("quantile(0.5, m[5m]) by (region)");
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->samples.size(), 2);
  EXPECT_THAT(result->samples[0].labels, ElementsAre(Pair("region", "eu")));
  EXPECT_EQ(result->samples[0].value, 3);  // the median of 1..5
  EXPECT_THAT(result->samples[1].labels, ElementsAre(Pair("region", "us")));
  EXPECT_EQ(result->samples[1].value, 7);
  EXPECT_THAT(result->warnings, IsEmpty());
  EXPECT_THAT(result->infos,
              ElementsAre("merged 6 sketches of 2 series, resolution 10s, partial rows 0, smallest coverage 100%",
                          "globals 2/2, committed through 2025-01-15T09:00:00Z"));
}

TEST_F(QueryEngineTest, LabelsEachQuantileOfAListInItsOrder) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1, 2, 3})});
  const auto result = Query("quantile([1, 0, 0.5], m[5m])");
  ASSERT_TRUE(result.ok()) << result.status();
  std::vector<std::pair<std::string, double>> values;
  for (const auto& sample : result->samples) values.emplace_back(sample.labels.at("quantile"), sample.value);
  EXPECT_THAT(values, ElementsAre(Pair("1", 3), Pair("0", 1), Pair("0.5", 2)));
}

TEST_F(QueryEngineTest, NamesAGlobalThatDidNotAnswer) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g1"] = Lost(absl::DeadlineExceededError("Deadline Exceeded"));
  const auto result = Query("quantile(0.5, m[5m])");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(
      result->warnings,
      ElementsAre("no answer from global g1 (10.0.0.2:8127): Deadline Exceeded; what it holds is missing here"));
  EXPECT_THAT(result->infos[1], HasSubstr("globals 1/2"));
}

TEST_F(QueryEngineTest, CountsAnAnswerThatCannotBeReadAsNotGiven) {
  v1::Group broken = DistributionGroup({}, {100});
  broken.mutable_merged()->mutable_distribution()->set_digest("no digest");
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g1"] = Answer({DistributionGroup({}, {50}), broken});
  const auto result = Query("quantile(1, m[5m])");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->samples[0].value, 1);  // nothing of g1, not even what was readable
  EXPECT_THAT(result->warnings,
              ElementsAre(HasSubstr("no answer from global g1 (10.0.0.2:8127): its answer cannot be read")));
}

TEST_F(QueryEngineTest, HasNoResultWhenNoGlobalAnswers) {
  fan_out_.answers["g0"] = Lost(absl::DeadlineExceededError("Deadline Exceeded"));
  fan_out_.answers["g1"] = Lost(absl::UnavailableError("connection refused"));
  EXPECT_EQ(Refusal("quantile(0.5, m[5m])", absl::StatusCode::kUnavailable),
            "no global answered: g0 (10.0.0.1:8127): Deadline Exceeded; g1 (10.0.0.2:8127): connection refused");
  fan_out_.answers["g1"] = fan_out_.answers["g0"];
  Refusal("quantile(0.5, m[5m])", absl::StatusCode::kDeadlineExceeded);
  globals_.clear();
  EXPECT_EQ(Refusal("quantile(0.5, m[5m])", absl::StatusCode::kUnavailable), "no global is known");
}

TEST_F(QueryEngineTest, CountsQueriesByResultAndWhatTheyMerged) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({{"a", "1"}}, {1}), DistributionGroup({{"a", "2"}}, {1})}, 30);
  fan_out_.answers["g1"] = Answer({DistributionGroup({{"a", "1"}}, {1})}, 12);
  ASSERT_TRUE(Query("quantile(0.5, m[5m]) by (a)").ok());
  EXPECT_TRUE(Metric("tributary_proxy_queries_total{result=\"answered\"} 1"));
  EXPECT_TRUE(Metric("tributary_proxy_query_series_total 2"));
  EXPECT_TRUE(Metric("tributary_proxy_query_rows_total 42"));
  EXPECT_TRUE(Metric("tributary_proxy_query_groups_total 3"));
  EXPECT_TRUE(Metric("tributary_proxy_query_duration_seconds_count 1"));
  EXPECT_TRUE(Metric("tributary_proxy_queries_running 0"));

  EXPECT_FALSE(Query("quantile(").ok());
  fan_out_.answers["g0"] = Lost(absl::DeadlineExceededError("Deadline Exceeded"));
  fan_out_.answers["g1"] = fan_out_.answers["g0"];
  EXPECT_FALSE(Query("quantile(0.5, m[5m])").ok());
  fan_out_.answers["g1"] = Lost(absl::ResourceExhaustedError("max_series"));
  EXPECT_FALSE(Query("quantile(0.5, m[5m])").ok());
  globals_.clear();
  EXPECT_FALSE(Query("quantile(0.5, m[5m])").ok());
  for (const char* result : {"bad_query", "timeout", "refused", "unavailable"}) {
    EXPECT_TRUE(Metric(absl::StrCat("tributary_proxy_queries_total{result=\"", result, "\"} 1"))) << result;
  }
  EXPECT_TRUE(Metric("tributary_proxy_query_duration_seconds_count 5"));
}

TEST_F(QueryEngineTest, AQueryTooManyIsCountedAsBusy) {
  QueryEngine engine(fan_out_, [this] { return globals_; }, clock_, telemetry_, {.max_concurrent = 0});
  const auto result = engine.Query("quantile(0.5, m[5m])", std::nullopt, std::nullopt);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Metric("tributary_proxy_queries_total{result=\"busy\"} 1"));
}

TEST_F(QueryEngineTest, PassesOnTheLimitThatAGlobalNamed) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g1"] = Lost(absl::ResourceExhaustedError("the query reaches max_series = 10"));
  EXPECT_EQ(Refusal("quantile(0.5, m[5m])", absl::StatusCode::kFailedPrecondition),
            "global g1 (10.0.0.2:8127): the query reaches max_series = 10");
}

TEST_F(QueryEngineTest, FlagsPartialRows) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g0"].summary.set_partial_rows(2);
  fan_out_.answers["g0"].summary.set_min_coverage(0.99961);
  fan_out_.answers["g1"] = Answer({DistributionGroup({}, {1})});
  const auto result = Query("quantile(0.5, m[5m])");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->samples.size(), 1);
  EXPECT_THAT(result->warnings,
              ElementsAre("2 of 6 rows are partial: these percentiles come from part of the fleet, in "
                          "some interval from 99.9% of it"));
  EXPECT_THAT(result->infos[0], HasSubstr("partial rows 2, smallest coverage 99.9%"));
}

TEST_F(QueryEngineTest, SaysTheEarliestTimeThatAllHaveCommittedAndEveryResolution) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g1"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g1"].summary.set_resolution_ms(60'000);
  fan_out_.answers["g1"].summary.set_sealed_through_unix_ms(absl::ToUnixMillis(kNow - absl::Seconds(20)));
  const auto result = Query("quantile(0.5, m[5m])");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->infos,
              ElementsAre(HasSubstr("resolution 10s and 1m,"), HasSubstr("through 2025-01-15T08:59:40Z")));
}

TEST_F(QueryEngineTest, IsEmptyWhenNothingMatches) {
  fan_out_.answers["g0"] = fan_out_.answers["g1"] = Answer({}, 0);
  const auto result = Query("quantile(0.5, m[5m]) by (host, region)");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->samples, IsEmpty());
  EXPECT_THAT(result->infos, ElementsAre("no rows in the window; 2 series match", HasSubstr("globals 2/2")));
}

TEST_F(QueryEngineTest, RefusesQuantilesOfOtherTypes) {
  fan_out_.answers["g0"] = fan_out_.answers["g1"] = Answer({CounterGroup()});
  EXPECT_EQ(Refusal("quantile(0.5, m[5m])", absl::StatusCode::kFailedPrecondition),
            "quantile needs a timer, histogram or distribution; \"m\" is of type counter");
}

TEST_F(QueryEngineTest, SaysWhatItLeftOut) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1}), CounterGroup()});
  const auto result = Query("quantile(0.5, m[5m]) by (regoin)");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->warnings, ElementsAre("series of type counter have the same name and were left out",
                                            "no series has the label \"regoin\""));
}

TEST_F(QueryEngineTest, KnowsALabelInEitherSpelling) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({{"data_center", "x"}}, {1})});
  EXPECT_THAT(Query("quantile(0.5, m[5m]) by (\"data-center\")")->warnings, IsEmpty());
}

TEST_F(QueryEngineTest, RefusesToMergeMetricsThatOnlyLookAlike) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g1"] = Answer({DistributionGroup({}, {1})});
  fan_out_.answers["g1"].summary.set_names(0, "n");
  EXPECT_EQ(Refusal("quantile(0.5, m[5m])", absl::StatusCode::kFailedPrecondition),
            "\"m\" is the name of several metrics: m, n; quote the one you mean, as {\"name\"}");
}

TEST_F(QueryEngineTest, RefusesHostsOfAMetricThatHasNone) {
  fan_out_.answers["g0"] = Answer({DistributionGroup({}, {1})});
  EXPECT_THAT(Refusal("quantile(0.5, m[5m]) by (host)", absl::StatusCode::kFailedPrecondition),
              HasSubstr("\"m\" is kept for the fleet as a whole"));
  fan_out_.answers["g1"] = Answer({DistributionGroup({{"host", "a"}}, {1})});
  EXPECT_TRUE(Query("quantile(0.5, m[5m]) by (host)").ok());
}

TEST_F(QueryEngineTest, RefusesWhatTheParserRefuses) {
  EXPECT_THAT(Refusal("rate(m[5m])", absl::StatusCode::kInvalidArgument), HasSubstr("1:1: parse error: "));
}

TEST_F(QueryEngineTest, IsReadyWhenThereIsAGlobalToAsk) {
  QueryEngine engine(
      fan_out_, [this] { return globals_; }, clock_, telemetry_);
  EXPECT_TRUE(engine.Ready().ok());
  globals_.clear();
  EXPECT_EQ(engine.Ready().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tributary
