// What the engine does with distributions, and with what a source has folded already.
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "proxy/promql/native_histogram.h"
#include "tests/proxy/promql/engine_fixture.h"

namespace tributary::promql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A sketch that is its count only.
class CountingSketch : public Distribution {
 public:
  explicit CountingSketch(double count, Kind kind = Kind::kSketch) : count_(count), kind_(kind) {}
  Kind kind() const override { return kind_; }
  double Count() const override { return count_; }
  double Sum() const override { return 0; }
  double Quantile(double phi) const override { return phi * count_; }
  double Fraction(double, double) const override { return 1; }
  std::vector<Bucket> Buckets() const override { return {}; }
  std::string ToString() const override { return absl::StrCat("sketch of ", count_); }
  bool Equals(const Distribution& other) const override { return other.Count() == count_; }
  absl::StatusOr<DistributionPtr> Plus(absl::Span<const Distribution* const> others) const override {
    double count = count_;
    for (const Distribution* other : others) {
      if (other->kind() != kind_) return absl::FailedPreconditionError("kinds do not mix");
      count += other->Count();
    }
    return std::make_shared<CountingSketch>(count, kind_);
  }
  absl::StatusOr<DistributionPtr> Minus(const Distribution&) const override {
    return absl::FailedPreconditionError("sketches are not subtracted");
  }
  absl::StatusOr<DistributionPtr> Scaled(double factor) const override {
    if (factor < 0) return absl::FailedPreconditionError("sketches take no negative factor");
    return std::make_shared<CountingSketch>(count_ * factor, kind_);
  }

 private:
  const double count_;
  const Kind kind_;
};

class DistributionTest : public EngineFixture {
 protected:
  void LoadNative(absl::string_view selector, absl::string_view text) {
    LoadDistribution(selector, *NativeHistogram::Parse(text));
  }
  void LoadSketch(absl::string_view selector, double count) {
    LoadDistribution(selector, std::make_shared<CountingSketch>(count));
  }
};

TEST_F(DistributionTest, NativeHistogramsAreAddedAndAveraged) {
  LoadNative(R"(h{i="0"})", "{{schema:0 count:2 sum:3 buckets:[1 1]}}");
  LoadNative(R"(h{i="1"})", "{{schema:0 count:4 sum:5 buckets:[3 1]}}");
  EXPECT_EQ(At(0, "sum(h) == sum(h)"), At(0, "sum(h)"));
  EXPECT_EQ(At(0, "histogram_count(sum(h))"), "{} => 6");
  EXPECT_EQ(At(0, "histogram_sum(avg(h))"), "{} => 4");
  EXPECT_EQ(At(0, "count(h)"), "{} => 2");
  EXPECT_EQ(At(0, "group(h)"), "{} => 1");
  EXPECT_EQ(At(0, "histogram_count(h{i=\"1\"} - on() h{i=\"0\"})"), "{} => 2");
  EXPECT_EQ(At(0, "histogram_count(h{i=\"0\"} * 3)"), "{i=\"0\"} => 6");
  EXPECT_EQ(At(0, "histogram_count(3 * h{i=\"0\"})"), "{i=\"0\"} => 6");
  EXPECT_EQ(At(0, "histogram_count(h{i=\"0\"} / 2)"), "{i=\"0\"} => 1");
  EXPECT_EQ(At(0, "histogram_count(-h{i=\"0\"})"), "{i=\"0\"} => -2");
}

TEST_F(DistributionTest, WhatHistogramsDoNotHaveIsLeftOutAndSaid) {
  LoadNative(R"(h{i="0"})", "{{schema:0 count:2 sum:3 buckets:[1 1]}}");
  Load(R"(h{i="1"})", {5});
  EXPECT_EQ(At(0, "sum(h)"), "");
  EXPECT_THAT(warnings_,
              ElementsAre("PromQL warning: encountered a mix of histograms and floats for aggregation (1:1)"));
  EXPECT_EQ(At(0, "max(h)"), "{} => 5");
  EXPECT_THAT(infos_, ElementsAre("PromQL info: ignored histogram in max aggregation (1:1)"));
  EXPECT_EQ(At(0, "topk(2, h)"), R"(h{i="1"} => 5)");
  EXPECT_THAT(infos_, ElementsAre("PromQL info: ignored histogram in topk aggregation (1:1)"));
  EXPECT_EQ(At(0, "count(limitk(2, h))"), "{} => 2");
  EXPECT_EQ(At(0, "h + 1"), R"({i="1"} => 6)");
  EXPECT_THAT(infos_, ElementsAre("PromQL info: incompatible sample types encountered for binary operator \"+\": "
                                  "histogram + float (1:1)"));
  EXPECT_EQ(At(0, "h{i=\"0\"} > on() h{i=\"0\"}"), "");
}

TEST_F(DistributionTest, HistogramsThatDoNotFitHaveNoResult) {
  LoadNative("e", "{{schema:0 count:2 sum:3 buckets:[1 1]}}");
  LoadNative("c", "{{schema:-53 count:2 sum:3 custom_values:[1 2] buckets:[1 1]}}");
  EXPECT_EQ(At(0, "e + on() c"), "");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("PromQL warning: ")));
}

TEST_F(DistributionTest, CountMoreAgainstTheLimit) {
  LoadSketch("s", 2);
  limits_.max_samples = 99;
  EXPECT_EQ(At(0, "s"), "s => sketch of 2");
  limits_.max_samples = 49;
  EXPECT_THAT(At(0, "s"), HasSubstr("query.max_samples"));
}

TEST_F(DistributionTest, SketchesAreMergedAndScaledOnly) {
  LoadSketch(R"(s{i="0"})", 2);
  LoadSketch(R"(s{i="1"})", 6);
  EXPECT_EQ(At(0, "sum(s)"), "{} => sketch of 8");
  EXPECT_EQ(At(0, "sum(s) / 2"), "{} => sketch of 4");
  EXPECT_EQ(At(0, "histogram_quantile(0.5, sum(s))"), "{} => 4");
  EXPECT_EQ(At(0, "count(s)"), "{} => 2");
  for (const absl::string_view op : {"avg", "min", "max"}) {
    EXPECT_THAT(At(0, absl::StrCat(op, "(s)")),
                HasSubstr(absl::StrCat(op,
                                       " of distributions has no meaning (a percentile of averages is not a "
                                       "percentile): use sum by (...)")));
  }
  EXPECT_EQ(At(0, "s - s"), "sketches are not subtracted");
  EXPECT_EQ(At(0, "-s"), "sketches take no negative factor");
}

TEST_F(DistributionTest, NumbersAndSetsMayBeRefusedQuantiles) {
  Load("n", {1, 2});
  Load("classic{le=\"1\"}", {4});
  Load("classic{le=\"+Inf\"}", {4});
  LoadSketch("s", 2);
  LoadDistribution("users", std::make_shared<CountingSketch>(3, Distribution::Kind::kSet));
  EXPECT_EQ(At(60, "histogram_quantile(0.5, n)"), "");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("bucket label \"le\" is missing")));

  const Engine strict(source_, {.refuse_quantiles_of_numbers = true});
  const auto ask = [&](absl::string_view query) {
    QueryContext context(clock_, absl::InfiniteFuture(), limits_);
    return Text(strict.Instant(query, 60'000, context));
  };
  const std::string refusal =
      "percentiles are of timers, histograms and distributions, and here are others (1:1): of a counter ask rate() or "
      "increase(), of a gauge quantile_over_time(0.99, m[5m]), of a set distinct(); or send the metric as a timer";
  for (const char* query : {"histogram_quantile(0.5, n)", "quantile(0.5, n[2m])", "quantile([0.5, 0.9], n[2m]) by (i)",
                            "histogram_fraction(0, 1, n)", "histogram_quantile(0.5, users)"}) {
    EXPECT_EQ(ask(query), refusal) << query;
  }
  EXPECT_EQ(ask("histogram_quantile(0.5, s)"), "{} => 1");
  EXPECT_EQ(ask("histogram_quantile(0.5, classic)"), "{} => 0.5");
  EXPECT_EQ(ask("quantile(0.5, n)"), "{} => 2");  // over series, as Prometheus means it
}

TEST_F(DistributionTest, KindsThatDoNotMixHaveNoSum) {
  LoadSketch(R"(s{i="0"})", 2);
  LoadDistribution(R"(s{i="1"})", std::make_shared<CountingSketch>(3, Distribution::Kind::kSet));
  EXPECT_EQ(At(0, "sum(s)"), "");
  EXPECT_THAT(warnings_, ElementsAre("PromQL warning: kinds do not mix (1:1)"));
}

// Gives one folded series, its points at the times asked for, and keeps what it was asked.
class FoldingSource : public SampleSource {
 public:
  absl::StatusOr<Selected> Select(const Selection& selection, QueryContext&) override {
    asked = selection;
    SelectedSeries series{.labels = {{"__name__", "m"}, {"l", "x"}}, .points = {}, .folded = true};
    for (int64_t i = 0; i < selection.grid.count; i += 2) {  // every other time has nothing
      Point point{.time_ms = selection.grid.At(i), .value = 600};
      if (sketch) point.distribution = std::make_shared<CountingSketch>(600);
      series.points.push_back(std::move(point));
    }
    return Selected{{series}, {"one global is down"}, {"merged 7 sketches"}};
  }

  Selection asked;
  bool sketch = false;
};

class FoldingTest : public EngineFixture {
 protected:
  std::string Folded(double start, double end, double step, absl::string_view query) {
    QueryContext context(clock_, absl::InfiniteFuture(), limits_);
    const Engine engine(folding_);
    return Text(
        engine.Range(query, std::llround(start * 1000), std::llround(end * 1000), std::llround(step * 1000), context));
  }

  FoldingSource folding_;
};

TEST_F(FoldingTest, FoldedPointsAreTheResultsThemselves) {
  EXPECT_EQ(Folded(0, 120, 60, "increase(m[5m])"), "{l=\"x\"} => 600@0 600@120");
  EXPECT_EQ(Folded(0, 120, 60, "rate(m[5m])"), "{l=\"x\"} => 2@0 2@120");
  EXPECT_EQ(Folded(0, 120, 60, "m"), "m{l=\"x\"} => 600@0 600@120");
  EXPECT_THAT(warnings_, ElementsAre("one global is down"));
  EXPECT_THAT(infos_, testing::Contains("merged 7 sketches"));
}

TEST_F(FoldingTest, TheSourceIsToldTimesAndFold) {
  Folded(600, 720, 60, "rate(m[5m] offset 1m)");
  EXPECT_EQ(folding_.asked.fold, Fold::kIncrease);
  EXPECT_EQ(folding_.asked.range_ms, 300'000);
  EXPECT_EQ(folding_.asked.grid.start_ms, 540'000);
  EXPECT_EQ(folding_.asked.grid.step_ms, 60'000);
  EXPECT_EQ(folding_.asked.grid.count, 3);
  EXPECT_EQ(folding_.asked.first_ms(), 240'000);
  EXPECT_EQ(folding_.asked.last_ms(), 660'000);
  Folded(600, 720, 60, "m @ end()");
  EXPECT_EQ(folding_.asked.fold, Fold::kLast);
  EXPECT_EQ(folding_.asked.range_ms, 0);
  EXPECT_EQ(folding_.asked.lookback_ms, 300'000);
  EXPECT_EQ(folding_.asked.grid.start_ms, 720'000);
  EXPECT_EQ(folding_.asked.grid.count, 1);
}

TEST_F(FoldingTest, OnlyASumRightAboveIsHandedDown) {
  const auto grouping = [&](absl::string_view query) {
    Folded(0, 60, 60, query);
    return folding_.asked.grouping;
  };
  const Grouping by_l{false, {"l"}};
  EXPECT_EQ(grouping("sum by (l) (rate(m[5m]))"), by_l);
  EXPECT_EQ(grouping("sum by (l) (increase(m[5m]))"), by_l);
  EXPECT_EQ(grouping("sum by (l) (m)"), by_l);
  EXPECT_EQ(grouping("sum by (l) ((m))"), by_l);
  EXPECT_EQ(grouping("sum without (l) (m)"), (Grouping{true, {"l"}}));
  EXPECT_EQ(grouping("quantile(0.9, m[5m]) by (l)"), by_l);
  EXPECT_EQ(grouping("avg by (l) (m)"), std::nullopt);
  EXPECT_EQ(grouping("count by (l) (m)"), std::nullopt);
  EXPECT_EQ(grouping("sum by (l) (m > 1)"), std::nullopt);
  EXPECT_EQ(grouping("sum by (l) (abs(m))"), std::nullopt);
  EXPECT_EQ(grouping("sum by (l) (max_over_time(m[5m]))"), std::nullopt);
  EXPECT_EQ(grouping("sum by (l) (-m)"), std::nullopt);
  EXPECT_EQ(grouping("m"), std::nullopt);
}

TEST_F(FoldingTest, OurFormsMergeSketches) {
  folding_.sketch = true;
  EXPECT_EQ(Folded(0, 0, 60, "quantile(0.5, m[5m]) by (l)"), "{l=\"x\"} => 300@0");
  EXPECT_EQ(Folded(0, 0, 60, "quantile([0.5, 0.9], m[5m]) by (l)"),
            "{l=\"x\", quantile=\"0.5\"} => 300@0\n{l=\"x\", quantile=\"0.9\"} => 540@0");
  EXPECT_EQ(Folded(0, 0, 60, "histogram_count(rate(m[5m]))"), "{l=\"x\"} => 2@0");
}

TEST_F(FoldingTest, SubqueriesAskTheirOwnGrid) {
  Folded(600, 600, 60, "max_over_time(rate(m[5m])[10m:2m])");
  EXPECT_EQ(folding_.asked.grid.start_ms, 120'000);
  EXPECT_EQ(folding_.asked.grid.step_ms, 120'000);
  EXPECT_EQ(folding_.asked.grid.count, 5);
}

}  // namespace
}  // namespace tributary::promql
