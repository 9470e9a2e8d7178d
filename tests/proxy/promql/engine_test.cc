#include "proxy/promql/engine.h"

#include "tests/proxy/promql/engine_fixture.h"

namespace tributary::promql {
namespace {

using EngineTest = EngineFixture;

TEST_F(EngineTest, ScalarArithmeticIsThatOfPrometheus) {
  EXPECT_EQ(At(4, "1+1"), "2");
  EXPECT_EQ(At(0, "2 ^ 3 ^ 2"), "512");
  EXPECT_EQ(At(0, "-2 ^ 2"), "-4");
  EXPECT_EQ(At(0, "-1.5 % 1"), "-0.5");
  EXPECT_EQ(At(0, "1 / 0"), "+Inf");
  EXPECT_EQ(At(0, "0 / 0"), "NaN");
  EXPECT_EQ(At(0, "1 - 2 * 3 / 4"), "-0.5");
  EXPECT_EQ(At(0, "1 > bool 2"), "0");
  EXPECT_EQ(At(0, "2 >= bool 2"), "1");
  EXPECT_EQ(At(0, "NaN == bool NaN"), "0");
  EXPECT_EQ(At(0, "NaN != bool NaN"), "1");
  EXPECT_EQ(At(0, "(1 atan2 1) * 4"), "3.141592653589793");
  EXPECT_EQ(At(12.5, "time()"), "12.5");
  EXPECT_EQ(At(0, "5m"), "300");
  EXPECT_EQ(At(0, "\"text\""), "text");
  EXPECT_EQ(Over(0, 120, 60, "time() * 2"), "{} => 0@0 120@60 240@120");
}

TEST_F(EngineTest, SelectorsTakeTheLastPointOfTheLookback) {
  Load("up", {1, 2, 3});
  EXPECT_EQ(At(0, "up"), "up => 1");
  EXPECT_EQ(At(59.999, "up"), "up => 1");
  EXPECT_EQ(At(60, "up"), "up => 2");
  EXPECT_EQ(At(120 + 299.999, "up"), "up => 3");
  EXPECT_EQ(At(120 + 300, "up"), "");  // the left end is open, as in Prometheus 3
  EXPECT_EQ(At(-0.001, "up"), "");
  EXPECT_EQ(Over(0, 480, 120, "up"), "up => 1@0 3@120 3@240 3@360");
}

TEST_F(EngineTest, AStaleMarkerEndsASeries) {
  Load("up", {1, kNone, kNone, 4});
  EXPECT_EQ(At(30, "up"), "up => 1");
  EXPECT_EQ(At(60, "up"), "");
  EXPECT_EQ(Over(0, 180, 60, "up"), "up => 1@0 4@180");
  EXPECT_EQ(At(180, "up[5m]"), "up => 1@0 4@180");
}

TEST_F(EngineTest, MatchersSelectSeries) {
  Load(R"(m{a="x", b="1"})", {1});
  Load(R"(m{a="y"})", {2});
  Load(R"({"api.latency", "a.b"="c"})", {3});
  EXPECT_EQ(At(0, R"(m{a="x"})"), R"(m{a="x", b="1"} => 1)");
  EXPECT_EQ(At(0, R"(m{a!="x"})"), R"(m{a="y"} => 2)");
  EXPECT_EQ(At(0, R"(m{a=~"x|z"})"), R"(m{a="x", b="1"} => 1)");
  EXPECT_EQ(At(0, R"(m{a=~"."})"), "m{a=\"x\", b=\"1\"} => 1\nm{a=\"y\"} => 2");
  EXPECT_EQ(At(0, R"(m{b=""})"), R"(m{a="y"} => 2)");
  EXPECT_EQ(At(0, R"({__name__=~"m.*", b!~".+"})"), R"(m{a="y"} => 2)");
  EXPECT_EQ(At(0, R"({"api.latency", "a.b"="c"})"), R"({"api.latency", "a.b"="c"} => 3)");
}

TEST_F(EngineTest, OffsetAndAtMoveTheTime) {
  Load("m", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(At(600, "m offset 5m"), "m => 5");
  EXPECT_EQ(At(300, "m offset -5m"), "m => 10");
  EXPECT_EQ(At(600, "m @ 120"), "m => 2");
  EXPECT_EQ(At(600, "m @ 120 offset 1m"), "m => 1");
  EXPECT_EQ(At(600, "m offset 1m @ 120"), "m => 1");
  EXPECT_EQ(Over(60, 180, 60, "m @ start()"), "m => 1@60 1@120 1@180");
  EXPECT_EQ(Over(60, 180, 60, "m @ end()"), "m => 3@60 3@120 3@180");
  EXPECT_EQ(Over(60, 180, 60, "last_over_time(m[2m] @ 300 offset 1m)"), "m => 4@60 4@120 4@180");
  EXPECT_EQ(At(300, "last_over_time(m[1m] offset 2m)"), "m => 3");
  EXPECT_EQ(Over(60, 180, 60, "time() - time() + m @ end()"), "{} => 3@60 3@120 3@180");
}

TEST_F(EngineTest, WindowsAreOpenOnTheLeft) {
  Load("m", {0, 1, 2, 3, 4, 5});
  EXPECT_EQ(At(300, "m[2m]"), "m => 4@240 5@300");
  EXPECT_EQ(At(301, "m[2m]"), "m => 4@240 5@300");
  EXPECT_EQ(At(299, "m[2m]"), "m => 3@180 4@240");
  EXPECT_EQ(At(300, "m[2m] offset 1m"), "m => 3@180 4@240");
}

TEST_F(EngineTest, SubqueriesEvaluateAtMultiplesOfTheirStep) {
  Load("m", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_EQ(At(190, "m[2m:1m]"), "m => 2@120 3@180");
  EXPECT_EQ(At(180, "m[2m:1m]"), "m => 2@120 3@180");
  EXPECT_EQ(At(180, "(m * 2)[1m:30s]"), "{} => 4@150 6@180");
  EXPECT_EQ(At(600, "m[3m:]"), "m => 8@480 9@540 10@600");
  EXPECT_EQ(At(600, "m[2m:1m] offset 1m"), "m => 8@480 9@540");
  EXPECT_EQ(At(600, "m[2m:1m] @ 120"), "m => 1@60 2@120");
  EXPECT_EQ(Over(120, 240, 60, "last_over_time(m[2m:45s])"), "m => 1@120 3@180 3@240");
  EXPECT_EQ(At(600, "last_over_time(last_over_time(m[1m])[2m:1m])"), "m => 10");
  EXPECT_EQ(Over(300, 600, 300, "last_over_time((m @ end())[1m:1m])"), "m => 10@300 10@600");
}

TEST_F(EngineTest, NamesAreDroppedWhereTheValueIsAnother) {
  Load("m", {-2});
  EXPECT_EQ(At(0, "m"), "m => -2");
  EXPECT_EQ(At(0, "+m"), "m => -2");
  EXPECT_EQ(At(0, "-m"), "{} => 2");
  EXPECT_EQ(At(0, "m + 1"), "{} => -1");
  EXPECT_EQ(At(0, "1 - m"), "{} => 3");
  EXPECT_EQ(At(0, "m < 1"), "m => -2");
  EXPECT_EQ(At(0, "m < bool 1"), "{} => 1");
  EXPECT_EQ(At(0, "abs(m)"), "{} => 2");
  EXPECT_EQ(At(0, "last_over_time(m[1m])"), "m => -2");
  EXPECT_EQ(At(0, "m or m"), "m => -2");
  EXPECT_EQ(At(0, "topk(1, m)"), "m => -2");
  EXPECT_EQ(At(0, "max(m)"), "{} => -2");
  EXPECT_EQ(At(0, "max by (__name__) (m)"), "m => -2");
  EXPECT_EQ(At(0, "max without (a) (m)"), "{} => -2");
}

TEST_F(EngineTest, SeriesThatBecomeOneAreRefusedIfTheyMeet) {
  Load("a", {1, kNone, kNone});
  Load("b", {kNone, 2, 3});
  EXPECT_EQ(Over(0, 120, 60, R"(-{__name__=~"a|b"})"), "{} => -1@0 -2@60 -3@120");
  Load("c", {9});
  EXPECT_EQ(At(0, R"(-{__name__=~"a|c"})"), "vector cannot contain metrics with the same labelset: {}");
}

TEST_F(EngineTest, ComparisonsFilter) {
  Load(R"(m{a="1"})", {1});
  Load(R"(m{a="2"})", {2});
  EXPECT_EQ(At(0, "m > 1"), R"(m{a="2"} => 2)");
  EXPECT_EQ(At(0, "1 < m"), R"(m{a="2"} => 2)");
  EXPECT_EQ(At(0, "m != 1"), R"(m{a="2"} => 2)");
  EXPECT_EQ(At(0, "m == bool 1"), "{a=\"1\"} => 1\n{a=\"2\"} => 0");
  EXPECT_EQ(At(0, "m >= on(a) m"), "{a=\"1\"} => 1\n{a=\"2\"} => 2");
  EXPECT_EQ(At(0, "m >= m"), "m{a=\"1\"} => 1\nm{a=\"2\"} => 2");
  EXPECT_EQ(At(0, "m > m"), "");
}

TEST_F(EngineTest, WindowFunctionsOfCountersExtrapolateAsPrometheus) {
  Load("c", {0, 60, 120, 180, 240, 300});
  EXPECT_EQ(At(300, "increase(c[2m])"), "{} => 120");
  EXPECT_EQ(At(300, "rate(c[5m])"), "{} => 1");
  EXPECT_EQ(At(300, "rate(c[30s])"), "");
  EXPECT_EQ(Over(180, 300, 60, "rate(c[2m])"), "{} => 1@180 1@240 1@300");
}

TEST_F(EngineTest, RangesMustBeOfVectorsOrScalars) {
  EXPECT_EQ(Over(0, 60, 60, "m[5m]"),
            "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector");
  EXPECT_EQ(Over(0, 60, 60, "\"a\""),
            "invalid expression type \"string\" for range query, must be Scalar or instant Vector");
  EXPECT_EQ(Over(60, 0, 60, "1"), "end timestamp must not be before start time");
  EXPECT_EQ(Over(0, 60, 0, "1"),
            "zero or negative query resolution step widths are not accepted. Try a positive integer");
}

TEST_F(EngineTest, RangesComeInOrderOfLabels) {
  Load(R"(m{a="2"})", {5});
  Load(R"(m{a="1"})", {4});
  EXPECT_EQ(Over(0, 60, 60, "m"), "m{a=\"1\"} => 4@0 4@60\nm{a=\"2\"} => 5@0 5@60");
}

TEST_F(EngineTest, LimitsAreRefusedByName) {
  Load(R"(m{a="1"})", {1, 2, 3, 4, 5});
  Load(R"(m{a="2"})", {1, 2, 3, 4, 5});
  limits_.max_points_per_series = 10;
  EXPECT_THAT(Over(0, 1000, 100, "m"), testing::HasSubstr("query.max_points_per_series"));
  limits_ = QueryLimits();
  limits_.max_series = 1;
  EXPECT_EQ(At(0, "m"),
            "query takes more than 1 series (query.max_series); narrow its selectors, its time or its step");
  EXPECT_EQ(At(0, R"(m{a="1"})"), R"(m{a="1"} => 1)");
  limits_ = QueryLimits();
  limits_.max_samples = 20;
  EXPECT_THAT(Over(0, 300, 10, "m"), testing::HasSubstr("query.max_samples"));
  EXPECT_THAT(At(300, "last_over_time(m[1h:1s])"), testing::HasSubstr("query.max_samples"));
  EXPECT_EQ(Over(0, 240, 240, R"(m{a="1"})"), R"(m{a="1"} => 1@0 5@240)");
}

TEST_F(EngineTest, SamplesThatAreNotHeldAnyMoreDoNotCount) {
  Load("m", {1, 2, 3, 4, 5});
  limits_.max_samples = 30;
  std::string query = "sum(m)";
  for (int i = 0; i < 20; ++i) absl::StrAppend(&query, " + sum(m)");
  EXPECT_EQ(Over(240, 240, 60, query), "{} => 105@240");
}

TEST_F(EngineTest, TimeAndCancellationEndAQuery) {
  Load("m", {1});
  QueryContext late(clock_, absl::UnixEpoch() + absl::Seconds(1), limits_);
  EXPECT_TRUE(engine_.Instant("m", 0, late).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(engine_.Instant("m", 0, late).status()));
  QueryContext cancelled(clock_, absl::InfiniteFuture(), limits_);
  cancelled.Cancel();
  EXPECT_TRUE(absl::IsCancelled(engine_.Instant("m", 0, cancelled).status()));
}

TEST_F(EngineTest, KindsOfErrorsDiffer) {
  QueryContext context(clock_, absl::InfiniteFuture(), limits_);
  EXPECT_TRUE(absl::IsInvalidArgument(engine_.Instant("m +", 0, context).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(engine_.Range("1", 1, 0, 1, context).status()));
  Load("a", {1});
  Load("b", {1});
  EXPECT_TRUE(absl::IsFailedPrecondition(engine_.Instant(R"(-{__name__=~"a|b"})", 0, context).status()));
}

}  // namespace
}  // namespace tributary::promql
