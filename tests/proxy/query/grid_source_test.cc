#include "proxy/query/grid_source.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/wire/series.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using promql::Fold;
using promql::LabelMatcher;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers that are put in beforehand; remembers what was asked.
class FakeFanOut : public FanOut {
 public:
  std::vector<LabelsAnswer> ListLabels(const std::vector<Member>& globals, const v1::LabelsRequest& request,
                                       absl::Duration) override {
    std::vector<LabelsAnswer> listed;
    for (const Member& global : globals) {
      LabelsAnswer& answer = listed.emplace_back();
      answer.global = global;
      answer.response.set_store(request.store());
      if (request.store() == 0 && copy != nullptr) {
        if (global.id == "g1") answer.status = absl::UnavailableError("down");
        if (global.id == "g0") *answer.response.add_copies() = *copy;
      }
      answer.response.add_texts(global.id + " of " + std::to_string(request.store()));
    }
    return listed;
  }
  const v1::StoreCopy* copy = nullptr;  // at g0, of g1, which is down for lists
  std::vector<GridAnswer> SelectGrid(const std::vector<Member>& globals, const v1::GridRequest& request,
                                     absl::Duration timeout) override {
    asked = request;
    timeouts.push_back(timeout);
    if (request.store() != 0) {
      GridAnswer answer = answer_of_copy;
      answer.global = globals.at(0);
      return {answer};
    }
    asked_globals.clear();
    for (const Member& global : globals) asked_globals.push_back(global.id);
    for (size_t i = 0; i < globals.size() && i < answers.size(); ++i) answers[i].global = globals[i];
    ++rounds;
    if (on_asked) on_asked();
    return answers;
  }
  int rounds = 0;
  GridAnswer answer_of_copy;
  std::vector<absl::Duration> timeouts;
  std::vector<std::string> asked_globals;
  std::function<void()> on_asked;  // answers may be changed
  std::vector<GridAnswer> answers = std::vector<GridAnswer>(2);
  v1::GridRequest asked;
};

v1::GridSeries SeriesOf(MetricType type, const std::map<std::string, std::string>& labels, bool folded) {
  v1::GridSeries series;
  for (const auto& [name, value] : labels) {
    v1::Label& label = *series.add_labels();
    label.set_name(name);
    label.set_value(value);
  }
  series.set_type(static_cast<v1::MetricType>(type));
  series.set_folded(folded);
  return series;
}

void AddMerged(v1::GridSeries& series, uint32_t at, const Aggregate& value) {
  series.add_at(at);
  series.add_unix_ms(1000);
  v1::SeriesAggregate& merged = *series.add_merged();
  merged.set_type(series.type());
  ToProto(value, merged);
}

Aggregate Counted(double value) {
  CounterAggregate counter;
  EXPECT_TRUE(counter.Add(value, 1));
  return counter;
}

Aggregate Timed(const std::vector<double>& values) {
  DistributionAggregate distribution;
  for (const double value : values) EXPECT_TRUE(distribution.Add(value, 1));
  return distribution;
}

class GridSourceTest : public ::testing::Test {
 protected:
  GridSourceTest() {
    for (GridAnswer& answer : fan_out_.answers) {
      answer.summary.set_series(1);
      answer.summary.set_rows(3);
      answer.summary.set_min_coverage(1);
      answer.summary.set_resolution_ms(10'000);
      answer.summary.set_sealed_through_unix_ms(100'000);
      answer.summary.add_names("m");
    }
  }
  promql::Selection Asking(Fold fold) {
    promql::Selection selection;
    selection.matchers = {{.label = "__name__", .value = "m"}};
    selection.grid = {.start_ms = 10'000, .step_ms = 10'000, .count = 3};
    selection.range_ms = 10'000;
    selection.fold = fold;
    return selection;
  }
  absl::StatusOr<promql::Selected> Select(const promql::Selection& selection) {
    promql::QueryContext context(clock_, clock_.Now() + absl::Seconds(5), limits_);
    return source_.Select(selection, context);
  }

  ManualClock clock_{absl::FromUnixSeconds(1000)};
  promql::QueryLimits limits_;
  FakeFanOut fan_out_;
  GridSource source_{fan_out_, [] { return std::vector<Member>{{"g0", "a:1", 1}, {"g1", "b:1", 1}}; }};
};

TEST_F(GridSourceTest, AsksForWhatIsSelected) {
  promql::Selection selection = Asking(Fold::kIncrease);
  selection.matchers.push_back({.label = "region", .op = LabelMatcher::Op::kNotMatches, .value = "eu.*"});
  selection.grouping = promql::Grouping{.without = true, .labels = {"host"}};
  ASSERT_TRUE(Select(selection).ok());
  EXPECT_EQ(fan_out_.asked.fold(), v1::FOLD_INCREASE);
  EXPECT_EQ(fan_out_.asked.matchers(1).op(), v1::Matcher::OP_NOT_MATCHES);
  EXPECT_EQ(fan_out_.asked.window_ms(), 10'000);
  EXPECT_EQ(fan_out_.asked.count(), 3u);
  EXPECT_TRUE(fan_out_.asked.grouped());
  EXPECT_TRUE(fan_out_.asked.without());
  EXPECT_THAT(fan_out_.asked.group_labels(), ElementsAre("host"));
}

TEST_F(GridSourceTest, WhatSeveralGlobalsFoldedMerges) {
  for (int global = 0; global < 2; ++global) {
    v1::GridSeries series = SeriesOf(MetricType::kCounter, {{"__name__", "m"}}, true);
    AddMerged(series, 0, Counted(1 + global));
    if (global == 1) AddMerged(series, 2, Counted(7));
    fan_out_.answers[global].series.push_back(series);
  }
  const auto selected = Select(Asking(Fold::kIncrease));
  ASSERT_TRUE(selected.ok()) << selected.status();
  ASSERT_EQ(selected->series.size(), 1u);
  EXPECT_TRUE(selected->series[0].folded);
  ASSERT_EQ(selected->series[0].points.size(), 2u);
  EXPECT_EQ(selected->series[0].points[0].value, 3);
  EXPECT_EQ(selected->series[0].points[0].time_ms, 10'000);
  EXPECT_EQ(selected->series[0].points[1].value, 7);
  EXPECT_EQ(selected->series[0].points[1].time_ms, 30'000);
  EXPECT_THAT(selected->infos, Contains("globals 2/2, committed through 1970-01-01T00:01:40Z"));
  EXPECT_THAT(selected->infos, Contains(HasSubstr("merged 6 rows of 2 series, resolution 10s, partial rows 0")));
  fan_out_.answers[1].summary.set_resolution_ms(3'600'000);
  for (const uint32_t length : {10'000, 60'000, 3'600'000}) fan_out_.answers[1].summary.add_resolutions_ms(length);
  EXPECT_THAT(Select(Asking(Fold::kLast))->infos, Contains(HasSubstr("resolution 10s and 1m and 1h, partial rows 0")));
}

TEST_F(GridSourceTest, SketchesMergeAndAreReadAtAnyQuantile) {
  for (int global = 0; global < 2; ++global) {
    v1::GridSeries series = SeriesOf(MetricType::kDistribution, {{"region", "eu"}}, true);
    AddMerged(series, 1, global == 0 ? Timed({1, 2, 3}) : Timed({4, 5}));
    fan_out_.answers[global].series.push_back(series);
  }
  const auto selected = Select(Asking(Fold::kIncrease));
  ASSERT_TRUE(selected.ok()) << selected.status();
  const promql::DistributionPtr merged = selected->series.at(0).points.at(0).distribution;
  ASSERT_NE(merged, nullptr);
  EXPECT_EQ(merged->kind(), promql::Distribution::Kind::kSketch);
  EXPECT_EQ(merged->Count(), 5);
  EXPECT_EQ(merged->Sum(), 15);
  EXPECT_EQ(merged->Quantile(0.5), 3);
  EXPECT_EQ((*merged->Scaled(0.1))->Count(), 0.5);
  EXPECT_FALSE(merged->Minus(*merged).ok());
}

TEST_F(GridSourceTest, TheNewestOfAllGlobalsCounts) {
  for (int global = 0; global < 2; ++global) {
    v1::GridSeries series = SeriesOf(MetricType::kGauge, {{"__name__", "m"}}, true);
    series.add_at(2);
    series.add_unix_ms(global == 0 ? 29'000 : 19'000);
    series.add_values(global == 0 ? 5 : 8);
    fan_out_.answers[global].series.push_back(series);
  }
  EXPECT_EQ(Select(Asking(Fold::kLast))->series.at(0).points.at(0).value, 5);
}

TEST_F(GridSourceTest, RowsOfAllGlobalsAreOneSeries) {
  for (int global = 0; global < 2; ++global) {
    v1::GridSeries series = SeriesOf(MetricType::kCounter, {{"__name__", "m"}}, false);
    for (const int64_t at : {global == 0 ? 10'000 : 20'000, 30'000}) {
      series.add_unix_ms(at);
      series.add_values(1);
    }
    fan_out_.answers[global].series.push_back(series);
  }
  const auto selected = Select(Asking(Fold::kRaw));
  ASSERT_TRUE(selected.ok()) << selected.status();
  EXPECT_FALSE(selected->series.at(0).folded);
  ASSERT_EQ(selected->series[0].points.size(), 3u);
  EXPECT_EQ(selected->series[0].points[1].time_ms, 20'000);
  EXPECT_EQ(selected->series[0].points[2].value, 2);
}

TEST_F(GridSourceTest, AGlobalThatIsDownMakesTheAnswerPartial) {
  fan_out_.answers[1].status = absl::UnavailableError("connection refused");
  const auto selected = Select(Asking(Fold::kIncrease));
  ASSERT_TRUE(selected.ok()) << selected.status();
  EXPECT_THAT(selected->warnings,
              ElementsAre("no answer from global g1 (b:1): connection refused; what it holds is missing here"));
  EXPECT_THAT(selected->infos, Contains(HasSubstr("globals 1/2")));
  fan_out_.answers[0].status = absl::DeadlineExceededError("too late");
  EXPECT_EQ(Select(Asking(Fold::kIncrease)).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(GridSourceTest, WhatAGlobalRefusesIsRefused) {
  fan_out_.answers[1].status = absl::ResourceExhaustedError("the query reaches max_rows = 5");
  const absl::Status status = Select(Asking(Fold::kIncrease)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("max_rows = 5"));
}

TEST_F(GridSourceTest, AnAnswerThatCannotBeReadCountsAsNone) {
  v1::GridSeries series = SeriesOf(MetricType::kCounter, {{"__name__", "m"}}, true);
  series.add_at(0);
  series.add_values(1);  // and no time
  fan_out_.answers[0].series.push_back(series);
  EXPECT_THAT(Select(Asking(Fold::kLast))->warnings, ElementsAre(HasSubstr("columns of different lengths")));
  fan_out_.answers[0].series[0].add_unix_ms(1);
  fan_out_.answers[0].series[0].set_at(0, 3);
  EXPECT_THAT(Select(Asking(Fold::kLast))->warnings, ElementsAre(HasSubstr("a window that nobody asked for")));
}

TEST_F(GridSourceTest, PartialRowsAreTold) {
  fan_out_.answers[0].summary.set_partial_rows(2);
  fan_out_.answers[0].summary.set_min_coverage(0.5);
  EXPECT_THAT(
      Select(Asking(Fold::kIncrease))->warnings,
      ElementsAre("2 of 6 rows are partial: they come from part of the fleet, in some interval from 50% of it"));
}

TEST_F(GridSourceTest, ANameOfTwoMetricsIsRefused) {
  fan_out_.answers[1].summary.add_names("m.");
  EXPECT_THAT(std::string(Select(Asking(Fold::kIncrease)).status().message()), HasSubstr("several metrics: m, m."));
}

TEST_F(GridSourceTest, HostsOfAMetricThatHasNoneAreRefused) {
  promql::Selection selection = Asking(Fold::kIncrease);
  selection.grouping = promql::Grouping{.labels = {"host", "region"}};
  fan_out_.answers[0].series.push_back(SeriesOf(MetricType::kDistribution, {{"region", "eu"}}, true));
  AddMerged(fan_out_.answers[0].series[0], 1, Timed({1}));
  const absl::Status status = Select(selection).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"m\" is kept for the fleet as a whole"));
  fan_out_.answers[1].series.push_back(SeriesOf(MetricType::kDistribution, {{"host", "a"}, {"region", "eu"}}, true));
  AddMerged(fan_out_.answers[1].series[0], 1, Timed({1}));
  EXPECT_TRUE(Select(selection).ok());
}

v1::TakenHistory& TakenBy(GridAnswer& answer, v1::TakenHistory::State state, bool shown) {
  v1::TakenHistory& taken = *answer.summary.add_taken();
  taken.set_handover(7);
  taken.set_from("g2");
  taken.set_address("c:1");
  taken.set_state(state);
  taken.set_shown(shown);
  return taken;
}

TEST_F(GridSourceTest, AHistoryThatIsNotThereOnceMakesTheQuestionAskedAgain) {
  v1::TakenHistory& taken = TakenBy(fan_out_.answers[0], v1::TakenHistory::STATE_COMPLETE, false);
  fan_out_.on_asked = [&] { taken.set_shown(fan_out_.asked.with_handovers_size() == 1); };
  auto selected = Select(Asking(Fold::kIncrease));
  ASSERT_TRUE(selected.ok()) << selected.status();
  EXPECT_EQ(fan_out_.rounds, 2);
  EXPECT_THAT(fan_out_.asked.with_handovers(), ElementsAre(7));
  EXPECT_TRUE(selected->warnings.empty());
  ASSERT_TRUE(Select(Asking(Fold::kIncrease)).ok());
  EXPECT_EQ(fan_out_.rounds, 3) << "the next query begins with what was learnt";
}

TEST_F(GridSourceTest, WhoHandsOverIsAskedThoughItIsNoMemberAnyMore) {
  TakenBy(fan_out_.answers[0], v1::TakenHistory::STATE_OPEN, false).set_heard(true);
  fan_out_.on_asked = [&] {
    if (fan_out_.asked_globals.size() == 3 && fan_out_.answers.size() == 2) {
      fan_out_.answers.push_back(fan_out_.answers[1]);
      fan_out_.answers[2].global.id = "g2";
    }
  };
  ASSERT_TRUE(Select(Asking(Fold::kIncrease)).ok());
  EXPECT_THAT(fan_out_.asked_globals, ElementsAre("g0", "g1", "g2"));
  EXPECT_EQ(source_.ListLabels({}, absl::Seconds(1)).size(), 3u);
}

TEST_F(GridSourceTest, WhatDoesNotComeToRestIsTold) {
  v1::TakenHistory& taken = TakenBy(fan_out_.answers[0], v1::TakenHistory::STATE_COMPLETE, false);
  fan_out_.on_asked = [&] { taken.set_shown(false); };
  EXPECT_THAT(Select(Asking(Fold::kIncrease))->warnings, Contains(HasSubstr("being handed over just now")));
  EXPECT_EQ(fan_out_.rounds, 4) << "and no more";
}

TEST_F(GridSourceTest, OneThatLeftWithoutHandingOverIsTold) {
  GridSource source(
      fan_out_,
      [] {
        return std::vector<Member>{{"g0", "a:1", 1}, {"g1", "b:1", 1}};
      },
      [] {
        return std::vector<FormerMember>{{{"g2", "c:1", 1}, 3, absl::FromUnixSeconds(15)}};
      });
  const auto warnings_of = [&](int64_t start_ms) {
    promql::Selection selection = Asking(Fold::kIncrease);
    selection.grid.start_ms = start_ms;
    promql::QueryContext context(clock_, clock_.Now() + absl::Seconds(5), limits_);
    return source.Select(selection, context)->warnings;
  };
  EXPECT_THAT(warnings_of(10'000),
              ElementsAre("global g2 left at 1970-01-01T00:00:15+00:00 without handing its history "
                          "over; what it holds of the time before is missing here"));
  EXPECT_TRUE(warnings_of(25'000).empty()) << "all of it is after that";
  v1::TakenHistory& taken = TakenBy(fan_out_.answers[0], v1::TakenHistory::STATE_OPEN, true);
  EXPECT_THAT(warnings_of(10'000), ElementsAre(HasSubstr("has handed over a part of its history only")));
  taken.set_state(v1::TakenHistory::STATE_FINISHED);
  EXPECT_TRUE(warnings_of(10'000).empty());
}

class CopiesInGridSourceTest : public GridSourceTest {
 protected:
  CopiesInGridSourceTest() {
    copy_.set_store(2);
    copy_.set_of("g1");
    copy_.set_through_unix_ms(15'000);
    fan_out_.answers[0].summary.set_store(1);
    *fan_out_.answers[0].summary.add_copies() = copy_;
    fan_out_.answers[1].summary.set_store(2);
    fan_out_.answer_of_copy = fan_out_.answers[1];
    v1::GridSeries& series = *fan_out_.answer_of_copy.series.insert(
        fan_out_.answer_of_copy.series.end(), SeriesOf(MetricType::kCounter, {{"__name__", "m"}}, true));
    AddMerged(series, 0, Counted(5));
  }
  promql::Selection From(int64_t start_ms) {
    promql::Selection selection = Asking(Fold::kIncrease);
    selection.grid.start_ms = start_ms;
    return selection;
  }
  v1::StoreCopy copy_;
};

TEST_F(CopiesInGridSourceTest, ACopyAnswersInThePlaceOfOneThatIsAway) {
  ASSERT_TRUE(Select(From(10'000)).ok());
  EXPECT_EQ(fan_out_.asked.store(), 0u) << "not as long as the other answers";
  fan_out_.answers[1].status = absl::UnavailableError("down");
  auto selected = Select(From(10'000));
  ASSERT_TRUE(selected.ok()) << selected.status();
  EXPECT_EQ(fan_out_.asked.store(), 2u);
  ASSERT_EQ(selected->series.size(), 1u);
  EXPECT_THAT(selected->warnings,
              ElementsAre("global g1 does not answer for its store; the copy at g0 does, of what was committed through "
                          "1970-01-01T00:00:15+00:00; what came next may be missing here"));
  EXPECT_THAT(selected->infos, Contains(HasSubstr("globals 2/2")));
  fan_out_.timeouts.clear();
  ASSERT_TRUE(Select(From(10'000)).ok());
  EXPECT_LE(fan_out_.timeouts.at(0), absl::Seconds(2.5)) << "so that a frozen one leaves time for its copy";
}

TEST_F(CopiesInGridSourceTest, WhatTheCopyHasAllOfIsNoMatterForAWarning) {
  fan_out_.answers[1].status = absl::UnavailableError("down");
  promql::Selection selection = From(10'000);
  selection.grid.count = 1;
  const auto before = Select(selection);
  ASSERT_TRUE(before.ok());
  EXPECT_TRUE(before->warnings.empty());
  EXPECT_THAT(before->infos, Contains(HasSubstr("the copy at g0 does")));
  EXPECT_FALSE(Select(From(40'000))->warnings.empty()) << "what came next, it has not";
  fan_out_.answers.pop_back();  // and is removed: others have what comes next
  GridSource without(fan_out_, [] { return std::vector<Member>{{"g0", "a:1", 1}}; });
  promql::QueryContext context(clock_, clock_.Now() + absl::Seconds(5), limits_);
  EXPECT_TRUE(without.Select(From(40'000), context)->warnings.empty());
}

TEST_F(CopiesInGridSourceTest, WhileALostHistoryIsGivenBackThatIsTold) {
  fan_out_.answers[1].summary.set_store(22);
  const auto selected = Select(From(10'000));
  ASSERT_TRUE(selected.ok());
  EXPECT_EQ(selected->series.size(), 1u);
  EXPECT_THAT(selected->warnings, ElementsAre(HasSubstr("global g1 has lost its store and is given its history back")));
  EXPECT_TRUE(Select(From(40'000))->warnings.empty());
}

TEST_F(CopiesInGridSourceTest, ACopyThatDoesNotAnswerIsTold) {
  fan_out_.answer_of_copy.status = absl::UnavailableError("closed");
  fan_out_.answers[1].status = absl::UnavailableError("down");
  EXPECT_THAT(Select(From(10'000))->warnings, ElementsAre(HasSubstr("no answer from global g1 (b:1): down")));
}

TEST_F(CopiesInGridSourceTest, ListsAreOfCopiesToo) {
  fan_out_.copy = &copy_;
  const std::vector<LabelsAnswer> answers = source_.ListLabels({}, absl::Seconds(1));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[1].status.ok());
  EXPECT_THAT(answers[1].response.texts(), ElementsAre("g0 of 2"));
}

TEST_F(GridSourceTest, LimitsOfTheQueryHold) {
  limits_.max_rows = 5;
  EXPECT_EQ(Select(Asking(Fold::kIncrease)).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tributary
