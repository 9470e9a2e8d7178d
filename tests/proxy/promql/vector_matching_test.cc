#include "tests/proxy/promql/engine_fixture.h"

namespace tributary::promql {
namespace {

// Errors by code and method, requests by method: the example of Prometheus's documentation, "Vector matching".
class VectorMatchingTest : public EngineFixture {
 protected:
  VectorMatchingTest() {
    Load(R"(errors{method="get", code="500"})", {24});
    Load(R"(errors{method="get", code="404"})", {30});
    Load(R"(errors{method="put", code="501"})", {3});
    Load(R"(errors{method="post", code="500"})", {6});
    Load(R"(errors{method="post", code="404"})", {21});
    Load(R"(requests{method="get"})", {600});
    Load(R"(requests{method="del"})", {34});
    Load(R"(requests{method="post"})", {120});
  }
};

TEST_F(VectorMatchingTest, OneToOneByLabelsLeftAfterIgnoring) {
  EXPECT_EQ(At(0, R"(errors{code="500"} / ignoring(code) requests)"),
            "{method=\"get\"} => 0.04\n{method=\"post\"} => 0.05");
  EXPECT_EQ(At(0, R"(errors{code="500"} / on(method) requests)"),
            "{method=\"get\"} => 0.04\n{method=\"post\"} => 0.05");
  EXPECT_EQ(At(0, R"(errors{code="500"} / requests)"), "");
}

TEST_F(VectorMatchingTest, ManyToOneKeepsTheLabelsOfTheManySide) {
  EXPECT_EQ(At(0, "errors / ignoring(code) group_left requests"),
            "{code=\"500\", method=\"get\"} => 0.04\n{code=\"404\", method=\"get\"} => 0.05\n"
            "{code=\"500\", method=\"post\"} => 0.05\n{code=\"404\", method=\"post\"} => 0.175");
  EXPECT_EQ(At(0, R"(requests / on(method) group_right errors{code="500"})"),
            "{code=\"500\", method=\"get\"} => 25\n{code=\"500\", method=\"post\"} => 20");
}

TEST_F(VectorMatchingTest, IncludedLabelsComeFromTheOneSide) {
  Load(R"(owner{method="get", team="a", code="x"})", {1});
  Load(R"(owner{method="post"})", {1});
  EXPECT_EQ(At(0, R"(errors{code="500"} * on(method) group_left(team, code) owner)"),
            "{code=\"x\", method=\"get\", team=\"a\"} => 24\n{method=\"post\"} => 6");
}

TEST_F(VectorMatchingTest, ManyMatchesAreRefusedInPrometheusWords) {
  EXPECT_EQ(At(0, "errors / on(method) requests"),
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
  EXPECT_EQ(At(0, "requests / on(method) errors"),
            "found duplicate series for the match group {method=\"get\"} on the right hand-side of the operation: "
            "[errors{code=\"404\", method=\"get\"}, errors{code=\"500\", method=\"get\"}];many-to-many matching not "
            "allowed: matching labels must be unique on one side");
  EXPECT_THAT(At(0, "errors / on(method) group_right requests"),
              testing::HasSubstr("on the left hand-side of the operation"));
  EXPECT_EQ(At(0, "errors + on(method) group_left(code) requests"),
            "multiple matches for labels: grouping labels must ensure unique matches");
}

TEST_F(VectorMatchingTest, DuplicatesWithNothingToMatchAreNone) {
  EXPECT_EQ(At(0, "nothing / on(method) errors"), "");
  EXPECT_EQ(At(0, "errors / on(method) nothing"), "");
}

TEST_F(VectorMatchingTest, SeriesMayTakeTurns) {
  Load(R"(a{x="1"})", {1, 2, 3});
  Load(R"(b{y="1"})", {10, kNone, kNone});
  Load(R"(b{y="2"})", {kNone, 20, kNone});
  EXPECT_EQ(Over(0, 120, 60, "a + on() b"), "{} => 11@0 22@60");
  EXPECT_EQ(Over(0, 120, 60, "a + on() group_left(y) b"), "{x=\"1\", y=\"1\"} => 11@0\n{x=\"1\", y=\"2\"} => 22@60");
  EXPECT_EQ(Over(0, 120, 60, "b * on() group_right() a"), "{x=\"1\"} => 10@0 40@60");
}

TEST_F(VectorMatchingTest, ComparisonsKeepTheLeftValueWhicheverSideIsMany) {
  EXPECT_EQ(At(0, R"(requests > on(method) group_right errors{code="500"})"),
            "errors{code=\"500\", method=\"get\"} => 600\nerrors{code=\"500\", method=\"post\"} => 120");
  EXPECT_EQ(At(0, R"(errors{code="500"} < bool ignoring(code) requests)"),
            "{method=\"get\"} => 1\n{method=\"post\"} => 1");
  EXPECT_EQ(At(0, R"(errors{code="500"} < on(method) requests)"), "{method=\"get\"} => 24\n{method=\"post\"} => 6");
}

TEST_F(VectorMatchingTest, SetOperatorsGoByLabelsAndKeepNames) {
  EXPECT_EQ(At(0, R"(errors{code="500"} and on(method) requests{method="get"})"),
            R"(errors{code="500", method="get"} => 24)");
  EXPECT_EQ(At(0, R"(errors unless on(method) requests)"), R"(errors{code="501", method="put"} => 3)");
  EXPECT_EQ(At(0, R"(errors{code="501"} or requests{method="del"})"),
            "errors{code=\"501\", method=\"put\"} => 3\nrequests{method=\"del\"} => 34");
  EXPECT_EQ(At(0, R"(errors{code="500"} or on(method) requests)"),
            "errors{code=\"500\", method=\"get\"} => 24\nerrors{code=\"500\", method=\"post\"} => 6\n"
            "requests{method=\"del\"} => 34");
  EXPECT_EQ(At(0, "errors and on() vector(1)"), At(0, "errors"));
  EXPECT_EQ(At(0, "errors unless on() vector(1)"), "");
}

TEST_F(VectorMatchingTest, SetOperatorsLookAtEachTime) {
  Load("a", {1, kNone, 3});
  Load("b", {kNone, 20, 30});
  EXPECT_EQ(Over(0, 120, 60, "a or on() b"), "a => 1@0 3@120\nb => 20@60");
  EXPECT_EQ(Over(0, 120, 60, "b and on() a"), "b => 30@120");
  EXPECT_EQ(Over(0, 120, 60, "b unless on() a"), "b => 20@60");
}

}  // namespace
}  // namespace tributary::promql
