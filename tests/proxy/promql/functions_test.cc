// What tests/promql/*.test cannot say, for Prometheus has nothing like it: folded rows, sketches, and every name.
#include "proxy/promql/functions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "proxy/promql/native_histogram.h"

namespace tributary::promql {
namespace {

// The sum of what it was made of.
class FakeSketch : public Distribution {
 public:
  explicit FakeSketch(double count, Kind kind = Kind::kSketch) : count_(count), kind_(kind) {}
  Kind kind() const override { return kind_; }
  double Count() const override { return count_; }
  double Sum() const override { return 10 * count_; }
  double Quantile(double phi) const override { return phi * count_; }
  double Fraction(double, double) const override { return 1; }
  std::vector<Bucket> Buckets() const override { return {{0, 0, 10, count_ / 2}, {0, 10, 20, count_ / 2}}; }
  std::string ToString() const override { return absl::StrCat(count_); }
  bool Equals(const Distribution& other) const override { return other.Count() == count_; }
  absl::StatusOr<DistributionPtr> Plus(absl::Span<const Distribution* const> others) const override {
    double count = count_;
    for (const Distribution* other : others) count += other->Count();
    return std::make_shared<FakeSketch>(count, kind_);
  }
  absl::StatusOr<DistributionPtr> Minus(const Distribution&) const override {
    return absl::FailedPreconditionError("no");
  }
  absl::StatusOr<DistributionPtr> Scaled(double factor) const override {
    return std::make_shared<FakeSketch>(count_ * factor, kind_);
  }

 private:
  const double count_;
  const Kind kind_;
};

Point Sketch(int64_t time_ms, double count) {
  return {.time_ms = time_ms, .value = 0, .distribution = std::make_shared<FakeSketch>(count)};
}

class FunctionsTest : public testing::Test {
 protected:
  Call CallWith(absl::Span<const double> scalars) {
    return {.time_ms = 60'000,
            .window_end_ms = 60'000,
            .range_ms = 60'000,
            .scalars = scalars,
            .labels = labels_,
            .position = " (1:1)",
            .notes = notes_};
  }
  static const Function& Named(absl::string_view name) {
    const Function* function = FindFunction(name);
    EXPECT_NE(function, nullptr) << name;
    return *function;
  }

  const Labels labels_ = {{"__name__", "m_total"}};
  Notes notes_;
};

TEST_F(FunctionsTest, NoOtherNameIsAFunction) {
  EXPECT_EQ(FindFunction(""), nullptr);
  EXPECT_EQ(FindFunction("sum"), nullptr);
  EXPECT_EQ(FindFunction("RATE"), nullptr);
}

TEST_F(FunctionsTest, EachHasOneWayToBeCalled) {
  for (absl::string_view name : {"abs",
                                 "absent",
                                 "absent_over_time",
                                 "acos",
                                 "acosh",
                                 "asin",
                                 "asinh",
                                 "atan",
                                 "atanh",
                                 "avg_over_time",
                                 "ceil",
                                 "changes",
                                 "clamp",
                                 "clamp_max",
                                 "clamp_min",
                                 "cos",
                                 "cosh",
                                 "count_over_time",
                                 "day_of_month",
                                 "day_of_week",
                                 "day_of_year",
                                 "days_in_month",
                                 "deg",
                                 "delta",
                                 "deriv",
                                 "distinct",
                                 "double_exponential_smoothing",
                                 "exp",
                                 "first_over_time",
                                 "floor",
                                 "histogram_avg",
                                 "histogram_count",
                                 "histogram_fraction",
                                 "histogram_quantile",
                                 "histogram_quantiles",
                                 "histogram_stddev",
                                 "histogram_stdvar",
                                 "histogram_sum",
                                 "holt_winters",
                                 "hour",
                                 "idelta",
                                 "increase",
                                 "irate",
                                 "label_join",
                                 "label_replace",
                                 "last_over_time",
                                 "ln",
                                 "log10",
                                 "log2",
                                 "mad_over_time",
                                 "max_over_time",
                                 "min_over_time",
                                 "minute",
                                 "month",
                                 "pi",
                                 "predict_linear",
                                 "present_over_time",
                                 "quantile_over_time",
                                 "rad",
                                 "rate",
                                 "resets",
                                 "round",
                                 "scalar",
                                 "sgn",
                                 "sin",
                                 "sinh",
                                 "sort",
                                 "sort_by_label",
                                 "sort_by_label_desc",
                                 "sort_desc",
                                 "sqrt",
                                 "stddev_over_time",
                                 "stdvar_over_time",
                                 "sum_over_time",
                                 "tan",
                                 "tanh",
                                 "time",
                                 "timestamp",
                                 "vector",
                                 "year"}) {
    const Function& function = Named(name);
    const int ways =
        (function.over_window != nullptr) + (function.over_point != nullptr) + (function.over_grid != nullptr);
    EXPECT_EQ(ways, 1) << name;
  }
}

TEST_F(FunctionsTest, RateOfAFoldedIncreaseIsItPerSecond) {
  const Function& rate = Named("rate");
  EXPECT_EQ(rate.fold, Fold::kIncrease);
  EXPECT_TRUE(rate.linear);
  EXPECT_EQ(rate.after_fold(CallWith({}), {.value = 30})->value, 0.5);
  EXPECT_EQ(rate.after_fold(CallWith({}), Sketch(0, 120))->distribution->Count(), 2);
}

TEST_F(FunctionsTest, IncreaseOfAFoldedOneIsIt) {
  EXPECT_EQ(Named("increase").fold, Fold::kIncrease);
  EXPECT_EQ(Named("increase").after_fold, nullptr);
}

TEST_F(FunctionsTest, QuantileOverTimeMergesSketches) {
  const Function& quantile = Named("quantile_over_time");
  const double phi[] = {0.5};
  const std::vector<Point> window = {Sketch(20'000, 10), Sketch(40'000, 30)};
  EXPECT_EQ(quantile.over_window(CallWith(phi), window)->value, 20);
  EXPECT_EQ(quantile.fold, Fold::kMerge);
  EXPECT_EQ(quantile.after_fold(CallWith(phi), Sketch(0, 40))->value, 20);
}

TEST_F(FunctionsTest, QuantileOverTimeHasNothingToSayOfNativeHistograms) {
  const double phi[] = {0.5};
  const std::vector<Point> window = {{.value = 0, .distribution = *NativeHistogram::Parse("{{count:1 buckets:[1]}}")}};
  EXPECT_FALSE(Named("quantile_over_time").over_window(CallWith(phi), window));
}

TEST_F(FunctionsTest, SketchesAreNoCountersToTakeTheRateOf) {
  const std::vector<Point> window = {Sketch(20'000, 10), Sketch(40'000, 30)};
  EXPECT_FALSE(Named("rate").over_window(CallWith({}), window));
  EXPECT_FALSE(notes_.warnings().empty());
}

// 5 at 5 and 5 at 15, around a mean of 10.
TEST_F(FunctionsTest, VarianceOfASketchIsOfItsBucketsMiddles) {
  EXPECT_EQ(Named("histogram_stdvar").over_point(CallWith({}), Sketch(0, 10))->value, 25);
  EXPECT_EQ(Named("histogram_stddev").over_point(CallWith({}), Sketch(0, 10))->value, 5);
  EXPECT_EQ(Named("histogram_avg").over_point(CallWith({}), Sketch(0, 10))->value, 10);
}

TEST_F(FunctionsTest, DistinctCountsSetsOnly) {
  const Point set{.value = 0, .distribution = std::make_shared<FakeSketch>(7, Distribution::Kind::kSet)};
  EXPECT_EQ(Named("distinct").over_point(CallWith({}), set)->value, 7);
  EXPECT_TRUE(notes_.status().ok());
  EXPECT_FALSE(Named("distinct").over_point(CallWith({}), Sketch(0, 7)));
  EXPECT_THAT(std::string(notes_.status().message()), testing::HasSubstr("distinct needs sets"));
}

TEST_F(FunctionsTest, EachQuantileIsASeries) {
  GridCall call{.grid = {.start_ms = 0, .step_ms = 1000, .count = 2},
                .arguments = std::vector<Argument>(4),
                .position = "",
                .notes = notes_};
  call.arguments[0].series = {{{{"__name__", "m"}, {"l", "x"}}, {Sketch(0, 10), Sketch(1000, 20)}}};
  call.arguments[1].text = "quantile";
  call.arguments[2].scalars = {0.5, 0.5};
  call.arguments[3].scalars = {0.9, 0.9};
  const auto result = Named("histogram_quantiles").over_grid(call);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->size(), 2u);
  EXPECT_EQ(ToString((*result)[0].labels), "{l=\"x\", quantile=\"0.5\"}");
  EXPECT_EQ((*result)[0].points[1].value, 10);
  EXPECT_EQ(ToString((*result)[1].labels), "{l=\"x\", quantile=\"0.9\"}");
  EXPECT_EQ((*result)[1].points[0].value, 9);
}

TEST_F(FunctionsTest, SmoothingWithFactorsOutsideOfZeroAndOneIsRefused) {
  const std::vector<Point> window = {{.time_ms = 1, .value = 1}, {.time_ms = 2, .value = 2}};
  const double factors[] = {0.5, 1};
  EXPECT_FALSE(Named("double_exponential_smoothing").over_window(CallWith(factors), window));
  EXPECT_THAT(std::string(notes_.status().message()), testing::HasSubstr("invalid trend factor"));
}

TEST_F(FunctionsTest, DatesOfWhatIsNoTimeAreNaN) {
  for (double value : {std::nan(""), 1e300, -1e300}) {
    GridCall call{.grid = {}, .arguments = std::vector<Argument>(1), .position = "", .notes = notes_};
    call.arguments[0].series = {{{}, {{.time_ms = 0, .value = value}}}};
    const auto result = Named("year").over_grid(call);
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(std::isnan((*result)[0].points[0].value));
  }
}

}  // namespace
}  // namespace tributary::promql
