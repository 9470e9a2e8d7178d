#include "proxy/promql/aggregate.h"

#include "tests/proxy/promql/engine_fixture.h"

namespace tributary::promql {
namespace {

class AggregateTest : public EngineFixture {
 protected:
  AggregateTest() {
    Load(R"(m{g="a", i="0"})", {1});
    Load(R"(m{g="a", i="1"})", {3});
    Load(R"(m{g="b", i="0"})", {10});
    Load(R"(m{g="b", i="1"})", {20});
    Load(R"(m{g="b", i="2"})", {60});
  }
};

TEST_F(AggregateTest, FoldsGroups) {
  EXPECT_EQ(At(0, "sum(m)"), "{} => 94");
  EXPECT_EQ(At(0, "sum by (g) (m)"), "{g=\"a\"} => 4\n{g=\"b\"} => 90");
  EXPECT_EQ(At(0, "sum without (i) (m)"), "{g=\"a\"} => 4\n{g=\"b\"} => 90");
  EXPECT_EQ(At(0, "sum without () (m{g=\"a\"})"), "{g=\"a\", i=\"0\"} => 1\n{g=\"a\", i=\"1\"} => 3");
  EXPECT_EQ(At(0, "sum by (nosuch) (m)"), "{} => 94");
  EXPECT_EQ(At(0, "avg by (g) (m)"), "{g=\"a\"} => 2\n{g=\"b\"} => 30");
  EXPECT_EQ(At(0, "min by (g) (m)"), "{g=\"a\"} => 1\n{g=\"b\"} => 10");
  EXPECT_EQ(At(0, "max by (g) (m)"), "{g=\"a\"} => 3\n{g=\"b\"} => 60");
  EXPECT_EQ(At(0, "count by (g) (m)"), "{g=\"a\"} => 2\n{g=\"b\"} => 3");
  EXPECT_EQ(At(0, "group by (g) (m)"), "{g=\"a\"} => 1\n{g=\"b\"} => 1");
  EXPECT_EQ(At(0, "stdvar by (g) (m{g=\"a\"})"), "{g=\"a\"} => 1");
  EXPECT_EQ(At(0, "stddev(m{g=\"a\"})"), "{} => 1");
  EXPECT_EQ(At(0, "sum(nosuch)"), "");
}

TEST_F(AggregateTest, QuantilesLieBetweenRanks) {
  EXPECT_EQ(At(0, "quantile by (g) (0.5, m)"), "{g=\"a\"} => 2\n{g=\"b\"} => 20");
  EXPECT_EQ(At(0, "quantile(0, m)"), "{} => 1");
  EXPECT_EQ(At(0, "quantile(1, m)"), "{} => 60");
  EXPECT_EQ(At(0, "quantile(1.5, m)"), "{} => +Inf");
  EXPECT_THAT(warnings_,
              testing::ElementsAre("PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:1)"));
  EXPECT_EQ(At(0, "quantile(-1, m)"), "{} => -Inf");
}

TEST_F(AggregateTest, BestComesFirstOfAnInstant) {
  EXPECT_EQ(At(0, "topk(2, m)"), "m{g=\"b\", i=\"2\"} => 60\nm{g=\"b\", i=\"1\"} => 20");
  EXPECT_EQ(At(0, "bottomk(2, m)"), "m{g=\"a\", i=\"0\"} => 1\nm{g=\"a\", i=\"1\"} => 3");
  EXPECT_EQ(At(0, "topk by (g) (1, m)"), "m{g=\"a\", i=\"1\"} => 3\nm{g=\"b\", i=\"2\"} => 60");
  EXPECT_EQ(At(0, "topk(0, m)"), "");
  EXPECT_EQ(At(0, "topk(-3, m)"), "");
  EXPECT_EQ(At(0, "topk(0.9, m)"), "");
  EXPECT_EQ(At(0, "count(topk(100, m))"), "{} => 5");
  EXPECT_EQ(At(0, "count(topk(Inf, m))"), "{} => 5");
  EXPECT_EQ(At(0, "count(limitk by (g) (2, m))"), "{} => 4");
  EXPECT_EQ(At(0, "topk(NaN, m)"), "the parameter of topk is NaN, not a number of series");
}

TEST_F(AggregateTest, BestIsFoundAtEachTime) {
  Load(R"(t{i="0"})", {1, 5, 1});
  Load(R"(t{i="1"})", {2, 4, kNone});
  EXPECT_EQ(Over(0, 120, 60, "topk(1, t)"), "t{i=\"0\"} => 5@60 1@120\nt{i=\"1\"} => 2@0");
  EXPECT_EQ(Over(0, 120, 60, "topk(scalar(t{i=\"0\"}), t)"), "t{i=\"0\"} => 5@60 1@120\nt{i=\"1\"} => 2@0 4@60");
}

TEST_F(AggregateTest, NaNLosesAgainstNumbers) {
  Load(R"(n{i="0"})", {kNaN});
  Load(R"(n{i="1"})", {1});
  Load(R"(n{i="2"})", {-kInf});
  EXPECT_EQ(At(0, "max(n)"), "{} => 1");
  EXPECT_EQ(At(0, "min(n)"), "{} => -Inf");
  EXPECT_EQ(At(0, "max(n{i=\"0\"})"), "{} => NaN");
  EXPECT_EQ(At(0, "sum(n)"), "{} => NaN");
  EXPECT_EQ(At(0, "topk(3, n)"), "n{i=\"1\"} => 1\nn{i=\"2\"} => -Inf\nn{i=\"0\"} => NaN");
  EXPECT_EQ(At(0, "bottomk(3, n)"), "n{i=\"2\"} => -Inf\nn{i=\"1\"} => 1\nn{i=\"0\"} => NaN");
}

TEST_F(AggregateTest, SumsLoseNothingAndMeansDoNotOverflow) {
  Load(R"(x{i="0"})", {1e100});
  Load(R"(x{i="1"})", {1});
  Load(R"(x{i="2"})", {-1e100});
  EXPECT_EQ(At(0, "sum(x)"), "{} => 1");
  Load(R"(y{i="0"})", {1.5e308});
  Load(R"(y{i="1"})", {1.5e308});
  EXPECT_EQ(At(0, "avg(y) == bool 1.5e308"), "{} => 1");
  EXPECT_EQ(At(0, "avg(y / 0)"), "{} => +Inf");
}

TEST_F(AggregateTest, ValuesAreCountedByTheirText) {
  Load(R"(v{i="0"})", {1.5, 2});
  Load(R"(v{i="1"})", {1.5, kNaN});
  EXPECT_EQ(At(0, "count_values(\"value\", v)"), "{value=\"1.5\"} => 2");
  EXPECT_EQ(Over(0, 60, 60, "count_values without (i) (\"value\", v)"),
            "{value=\"1.5\"} => 2@0\n{value=\"2\"} => 1@60\n{value=\"NaN\"} => 1@60");
  EXPECT_EQ(At(0, "count_values by (i) (\"i\", v)"), "{i=\"1.5\"} => 2");
  EXPECT_EQ(At(0, "count_values(\"\", v)"), "invalid label name \"\"");
}

TEST_F(AggregateTest, EachTimeIsItsOwn) {
  Load(R"(s{i="0"})", {1, kNone, 3});
  Load(R"(s{i="1"})", {10, 20, kNone});
  EXPECT_EQ(Over(0, 120, 60, "sum(s)"), "{} => 11@0 20@60 3@120");
  EXPECT_EQ(Over(0, 120, 60, "count(s)"), "{} => 2@0 1@60 1@120");
}

}  // namespace
}  // namespace tributary::promql
