#include "proxy/query/remote_reader.h"

#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/wire/series.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using prometheus::LabelMatcher;

// Answers that are put in beforehand; remembers what was asked.
class FakeFanOut : public FanOut {
 public:
  std::vector<LabelsAnswer> ListLabels(const std::vector<Member>& globals, const v1::LabelsRequest& request,
                                       absl::Duration) override {
    listed = request;
    std::vector<LabelsAnswer> all(globals.size());
    for (const std::string& name : names) all[0].response.add_texts(name);
    return all;
  }
  std::vector<GridAnswer> SelectGrid(const std::vector<Member>& globals, const v1::GridRequest& request,
                                     absl::Duration) override {
    asked.push_back(request);
    for (size_t i = 0; i < globals.size(); ++i) answers[i].global = globals[i];
    return answers;
  }
  std::vector<GridAnswer> answers = std::vector<GridAnswer>(2);
  std::vector<std::string> names;
  std::vector<v1::GridRequest> asked;
  v1::LabelsRequest listed;
};

v1::GridSeries SeriesOf(MetricType type, const std::map<std::string, std::string>& labels) {
  v1::GridSeries series;
  for (const auto& [name, value] : labels) {
    v1::Label& label = *series.add_labels();
    label.set_name(name);
    label.set_value(value);
  }
  series.set_type(static_cast<v1::MetricType>(type));
  return series;
}

v1::GridSeries Numbers(MetricType type, const std::map<std::string, std::string>& labels,
                       const std::vector<std::pair<int64_t, double>>& rows) {
  v1::GridSeries series = SeriesOf(type, labels);
  for (const auto& [end_ms, value] : rows) {
    series.add_unix_ms(end_ms);
    series.add_values(value);
  }
  return series;
}

v1::GridSeries Sketches(const std::map<std::string, std::string>& labels,
                        const std::vector<std::pair<int64_t, std::vector<double>>>& rows) {
  v1::GridSeries series = SeriesOf(MetricType::kDistribution, labels);
  for (const auto& [end_ms, samples] : rows) {
    Aggregate value = DistributionAggregate();
    for (const double sample : samples) EXPECT_TRUE(std::get<DistributionAggregate>(value).Add(sample, 1));
    series.add_unix_ms(end_ms);
    v1::SeriesAggregate& merged = *series.add_merged();
    merged.set_type(series.type());
    ToProto(value, merged);
  }
  return series;
}

LabelMatcher Matcher(LabelMatcher::Type type, const std::string& name, const std::string& value) {
  LabelMatcher matcher;
  matcher.set_type(type);
  matcher.set_name(name);
  matcher.set_value(value);
  return matcher;
}

// name{labels} value@ms value@ms
std::string Text(const prometheus::TimeSeries& series) {
  std::string labels;
  for (const prometheus::Label& label : series.labels()) {
    absl::StrAppend(&labels, labels.empty() ? "" : ",", label.name(), "=", label.value());
  }
  return absl::StrCat("{", labels, "} ",
                      absl::StrJoin(series.samples(), " ", [](std::string* out, const prometheus::Sample& sample) {
                        absl::StrAppend(out, sample.value(), "@", sample.timestamp());
                      }));
}

class RemoteReaderTest : public ::testing::Test {
 protected:
  RemoteReaderTest() {
    for (GridAnswer& answer : fan_out_.answers) {
      answer.summary.set_rows(3);
      answer.summary.set_resolution_ms(10'000);
    }
  }

  void Hold(v1::GridSeries series, size_t global = 0) { fan_out_.answers[global].series.push_back(std::move(series)); }

  absl::StatusOr<prometheus::ReadResponse> Read(const std::vector<LabelMatcher>& matchers, int64_t start_ms = 0,
                                                int64_t end_ms = 100'000) {
    prometheus::ReadRequest request;
    prometheus::Query& query = *request.add_queries();
    query.set_start_timestamp_ms(start_ms);
    query.set_end_timestamp_ms(end_ms);
    for (const LabelMatcher& matcher : matchers) *query.add_matchers() = matcher;
    promql::QueryContext context(clock_, clock_.Now() + absl::Seconds(5), limits_);
    options_.now = clock_.Now();
    return reader_.Read(request, options_, context);
  }
  std::vector<std::string> Lines(const std::vector<LabelMatcher>& matchers, int64_t start_ms = 0,
                                 int64_t end_ms = 100'000) {
    const auto response = Read(matchers, start_ms, end_ms);
    if (!response.ok()) return {response.status().ToString()};
    std::vector<std::string> lines;
    for (const prometheus::TimeSeries& series : response->results(0).timeseries()) lines.push_back(Text(series));
    return lines;
  }
  static LabelMatcher Named(const std::string& name) { return Matcher(LabelMatcher::EQ, "__name__", name); }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  promql::QueryLimits limits_;
  FakeFanOut fan_out_;
  RemoteReader::Options options_{.max_bytes = 1 << 20, .allow_partial = false, .now = {}};
  GridSource source_{fan_out_, [] { return std::vector<Member>{{"g0", "a:1", 1}, {"g1", "b:1", 1}}; }};
  RemoteReader reader_{fan_out_, source_};
};

TEST_F(RemoteReaderTest, CountersAreTotalsFromTheStartOfTheRange) {
  Hold(
      Numbers(MetricType::kCounter, {{"__name__", "hits"}, {"region", "eu"}}, {{10'000, 1}, {20'000, 2}, {40'000, 4}}));
  // At 30,001 ms the total stands as it was: the next row does not follow on the one before.
  EXPECT_THAT(Lines({Named("hits_total")}),
              ElementsAre("{__name__=hits_total,region=eu} 0@1 1@10000 3@20000 3@30001 7@40000"));
  EXPECT_THAT(Lines({Named("hits_total")}, 5'000),
              ElementsAre("{__name__=hits_total,region=eu} 1@10000 3@20000 3@30001 7@40000"));
  EXPECT_EQ(fan_out_.asked[1].fold(), v1::FOLD_RAW);
  EXPECT_EQ(fan_out_.asked[1].start_unix_ms(), 100'000);
  EXPECT_EQ(fan_out_.asked[1].window_ms(), 95'001);  // both ends belong to it
}

TEST_F(RemoteReaderTest, RowsOfAllGlobalsMakeOneSeries) {
  Hold(Numbers(MetricType::kCounter, {{"__name__", "hits"}}, {{10'000, 1}, {20'000, 2}}), 0);
  Hold(Numbers(MetricType::kCounter, {{"__name__", "hits"}}, {{30'000, 5}}), 1);
  EXPECT_THAT(Lines({Named("hits_total")}), ElementsAre("{__name__=hits_total} 0@1 1@10000 3@20000 8@30000"));
}

TEST_F(RemoteReaderTest, TimersAreSummaries) {
  Hold(Sketches({{"__name__", "wait"}}, {{10'000, {4, 4}}, {20'000, {7}}}));
  EXPECT_THAT(Lines({Named("wait_count")}), ElementsAre("{__name__=wait_count} 0@1 2@10000 3@20000"));
  EXPECT_THAT(Lines({Named("wait_sum")}), ElementsAre("{__name__=wait_sum} 0@1 8@10000 15@20000"));
  EXPECT_THAT(Lines({Named("wait_max")}), ElementsAre("{__name__=wait_max} 4@10000 7@20000"));
  EXPECT_THAT(
      Lines({Named("wait")}),
      ElementsAre("{__name__=wait,quantile=0.5} 4@10000 7@20000", "{__name__=wait,quantile=0.9} 4@10000 7@20000",
                  "{__name__=wait,quantile=0.95} 4@10000 7@20000", "{__name__=wait,quantile=0.99} 4@10000 7@20000",
                  "{__name__=wait,quantile=0.999} 4@10000 7@20000"));
}

TEST_F(RemoteReaderTest, AnyQuantileMayBeAskedFor) {
  Hold(Sketches({{"__name__", "wait"}}, {{10'000, {1, 2, 3, 4, 5}}}));
  const auto quantile = [&](const std::string& phi) {
    return Lines({Named("wait"), Matcher(LabelMatcher::EQ, "quantile", phi)});
  };
  EXPECT_THAT(quantile("1"), ElementsAre("{__name__=wait,quantile=1} 5@10000"));
  EXPECT_THAT(quantile("0"), ElementsAre("{__name__=wait,quantile=0} 1@10000"));
  EXPECT_THAT(quantile("0.97"), SizeIs(1));
  EXPECT_THAT(quantile("1.5"), IsEmpty());
  EXPECT_THAT(quantile("median"), IsEmpty());
  EXPECT_THAT(Lines({Named("wait"), Matcher(LabelMatcher::RE, "quantile", "0\\.99.*")}),
              ElementsAre("{__name__=wait,quantile=0.99} 5@10000", "{__name__=wait,quantile=0.999} 5@10000"));
  for (const v1::GridRequest& request : fan_out_.asked) EXPECT_EQ(request.matchers_size(), 1);  // only the name
}

TEST_F(RemoteReaderTest, GaugesAndTheirNames) {
  Hold(Numbers(MetricType::kGauge, {{"__name__", "queue_count"}, {"host", "a"}}, {{10'000, 7}, {20'000, 9}}));
  EXPECT_THAT(Lines({Named("queue_count")}), ElementsAre("{__name__=queue_count,host=a} 7@10000 9@20000"));
}

TEST_F(RemoteReaderTest, AllKindsOfMatchersHold) {
  for (const std::string region : {"eu", "us", "ap"}) {
    Hold(Numbers(MetricType::kGauge, {{"__name__", "depth"}, {"region", region}}, {{10'000, 1}}));
  }
  Hold(Numbers(MetricType::kGauge, {{"__name__", "depth"}}, {{10'000, 2}}));
  // The fake gives all series whatever was asked, so what is left is what the reader itself matches.
  const auto matching = [&](LabelMatcher::Type type, const std::string& value) {
    return Lines({Named("depth"), Matcher(type, "region", value)});
  };
  EXPECT_THAT(matching(LabelMatcher::EQ, "eu"), ElementsAre("{__name__=depth,region=eu} 1@10000"));
  EXPECT_THAT(matching(LabelMatcher::EQ, ""), ElementsAre("{__name__=depth} 2@10000"));
  EXPECT_THAT(matching(LabelMatcher::NEQ, "eu"),
              ElementsAre("{__name__=depth} 2@10000", "{__name__=depth,region=ap} 1@10000",
                          "{__name__=depth,region=us} 1@10000"));
  EXPECT_THAT(matching(LabelMatcher::RE, "e.|us"),
              ElementsAre("{__name__=depth,region=eu} 1@10000", "{__name__=depth,region=us} 1@10000"));
  EXPECT_THAT(matching(LabelMatcher::NRE, ".+"), ElementsAre("{__name__=depth} 2@10000"));
  const v1::GridRequest& asked = fan_out_.asked.back();
  EXPECT_EQ(asked.matchers(0).label(), "region");  // and the globals are asked the same
  EXPECT_EQ(asked.matchers(0).op(), v1::Matcher::OP_NOT_MATCHES);
  EXPECT_THAT(std::string(Read({Named("m"), Matcher(LabelMatcher::RE, "a", "(")}).status().message()),
              HasSubstr("error parsing regexp"));
}

TEST_F(RemoteReaderTest, WithoutANameTheMetricsAreLookedUp) {
  for (int i = 0; i < 9; ++i) fan_out_.names.push_back(absl::StrCat("m", i));
  fan_out_.names.push_back("other");
  ASSERT_TRUE(Read({Matcher(LabelMatcher::RE, "__name__", "m.*_count"), Matcher(LabelMatcher::EQ, "host", "a")}).ok());
  EXPECT_EQ(fan_out_.listed.label(), "__name__");
  EXPECT_EQ(fan_out_.listed.any_of(0).matchers(0).value(), "a");
  ASSERT_EQ(fan_out_.asked.size(), 2u);  // seven at once, so that two which are spelled alike show
  EXPECT_EQ(fan_out_.asked[0].matchers(1).value(), "m0|m1|m2|m3|m4|m5|m6");
  EXPECT_EQ(fan_out_.asked[1].matchers(1).value(), "m7|m8");
}

TEST_F(RemoteReaderTest, RowsOfPartOfTheFleetSaySoAndHaveNoQuantiles) {
  v1::GridSeries series = Sketches({{"__name__", "wait"}}, {{10'000, {4, 4}}, {20'000, {7}}, {30'000, {9}}});
  series.add_partial(1);
  Hold(series);
  EXPECT_THAT(Lines({Named("wait"), Matcher(LabelMatcher::EQ, "quantile", "0.5")}),
              ElementsAre("{__name__=wait,quantile=0.5} 4@10000 9@30000"));
  // As remote write tells it: what the interval added, and the next total contains it.
  EXPECT_THAT(Lines({Named("wait_count")}), ElementsAre("{__name__=wait_count} 0@1 2@10000 4@30000",
                                                        "{__name__=wait_count,tributary_partial=1} 1@20000"));
}

TEST_F(RemoteReaderTest, WithoutAGlobalThereIsNoAnswerUnlessThatIsAllowed) {
  Hold(Numbers(MetricType::kGauge, {{"__name__", "depth"}}, {{10'000, 1}}));
  fan_out_.answers[1].status = absl::UnavailableError("connection refused");
  const absl::Status status = Read({Named("depth")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(),
            "no answer from global g1 (b:1): connection refused; remote read cannot say that something is missing "
            "(partial=allow answers without it)");
  options_.allow_partial = true;
  EXPECT_THAT(Lines({Named("depth")}), ElementsAre("{__name__=depth} 1@10000"));
  fan_out_.answers[0].status = absl::UnavailableError("connection refused");
  EXPECT_EQ(Read({Named("depth")}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RemoteReaderTest, TwoMetricsThatAreSpelledAlikeAreRefused) {
  Hold(Numbers(MetricType::kGauge, {{"__name__", "a_b"}}, {{10'000, 1}}));
  fan_out_.answers[0].summary.add_names("a.b");
  fan_out_.answers[1].summary.add_names("a_b");
  EXPECT_THAT(std::string(Read({Named("a_b")}).status().message()),
              HasSubstr("\"a.b\" and \"a_b\" are both spelled a_b in Prometheus"));
}

TEST_F(RemoteReaderTest, AMetricThatIsNamedLikeATimersCountIsRefused) {
  Hold(Numbers(MetricType::kGauge, {{"__name__", "wait_count"}}, {{10'000, 1}}));
  Hold(Sketches({{"__name__", "wait"}}, {{10'000, {4}}}));
  EXPECT_THAT(std::string(Read({Named("wait_count")}).status().message()),
              HasSubstr("two metrics would both be wait_count to Prometheus"));
  EXPECT_THAT(Lines({Named("wait_sum")}), SizeIs(1));
}

TEST_F(RemoteReaderTest, LimitsAreNamed) {
  for (const std::string region : {"eu", "us"}) {
    Hold(Numbers(MetricType::kGauge, {{"__name__", "depth"}, {"region", region}}, {{10'000, 1}, {20'000, 2}}));
  }
  EXPECT_THAT(Lines({Named("depth")}), SizeIs(2));
  const auto refusal = [&] { return std::string(Read({Named("depth")}).status().message()); };
  options_.max_bytes = 100;
  EXPECT_THAT(refusal(), HasSubstr("the answer is over 100 bytes (query.max_answer_bytes)"));
  options_.max_bytes = 1 << 20;
  limits_.max_series = 1;
  EXPECT_THAT(refusal(), HasSubstr("more than 1 series (query.max_series)"));
  limits_.max_series = 2;
  limits_.max_samples = 3;
  EXPECT_THAT(refusal(), HasSubstr("more than 3 samples (query.max_samples)"));
  limits_.max_samples = 4;
  limits_.max_rows = 5;
  EXPECT_THAT(refusal(), HasSubstr("more than 5 rows (query.max_rows)"));
  for (size_t i = 0; i <= RemoteReader::kMaxNames; ++i) fan_out_.names.push_back(absl::StrCat("m", i));
  EXPECT_THAT(std::string(Read({Matcher(LabelMatcher::EQ, "host", "a")}).status().message()),
              HasSubstr("more than 1000 metrics; name the metric"));
}

TEST_F(RemoteReaderTest, TimesBeyondWhatIsThereAreCut) {
  constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  ASSERT_TRUE(Read({Named("depth")}, kFirst, kLast).ok());
  EXPECT_EQ(fan_out_.asked[0].start_unix_ms(), 1'060'000);  // a minute from now: clocks may differ
  EXPECT_EQ(fan_out_.asked[0].window_ms(), 1'060'001);
  EXPECT_THAT(Lines({Named("depth")}, 2'000'000, 3'000'000), IsEmpty());
  EXPECT_THAT(Lines({Named("depth")}, kFirst, kFirst), IsEmpty());
  EXPECT_THAT(Lines({Named("depth")}, kFirst, -1), IsEmpty());
  EXPECT_EQ(fan_out_.asked.size(), 1u);
  EXPECT_EQ(Read({Named("depth")}, 2, 1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RemoteReaderTest, RequestsAreBounded) {
  promql::QueryContext context(clock_, clock_.Now() + absl::Seconds(5), limits_);
  prometheus::ReadRequest request;
  for (int i = 0; i <= RemoteReader::kMaxQueries; ++i) request.add_queries();
  EXPECT_EQ(reader_.Read(request, options_, context).status().message(), "more than 16 queries in one request");
  std::vector<LabelMatcher> matchers(RemoteReader::kMaxMatchers + 1, Named("m"));
  EXPECT_EQ(Read(matchers).status().message(), "a query has more than 32 matchers");
}

}  // namespace
}  // namespace tributary
