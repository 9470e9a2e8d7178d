#include "proxy/query/parser.h"

#include <ostream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Accepted {
  std::string text;
  std::string canonical;
};
std::ostream& operator<<(std::ostream& out, const Accepted& accepted) { return out << accepted.text; }

class ParserAccepts : public ::testing::TestWithParam<Accepted> {};

TEST_P(ParserAccepts, InItsCanonicalForm) {
  const auto expression = ParseExpression(GetParam().text);
  ASSERT_TRUE(expression.ok()) << expression.status();
  EXPECT_EQ(ToString(*expression), GetParam().canonical);
}

TEST_P(ParserAccepts, AndReadsItsOwnCanonicalForm) {
  const auto expression = ParseExpression(GetParam().text);
  ASSERT_TRUE(expression.ok()) << expression.status();
  const auto again = ParseExpression(GetParam().canonical);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *expression);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParserAccepts,
    ::testing::Values(Accepted{"quantile(0.99, api.latency[5m])", "quantile(0.99, api.latency[5m])"},
                      Accepted{"quantile(0.99,api_latency[5m])", "quantile(0.99, api_latency[5m])"},
                      Accepted{" quantile\n( .5 ,\tm [ 10s ] ) # the median", "quantile(0.5, m[10s])"},
                      Accepted{"quantile(99e-2, ns:m.a.b_1[1h30m])", "quantile(0.99, ns:m.a.b_1[1h30m])"},
                      Accepted{"quantile(0, m[500ms])", "quantile(0, m[500ms])"},
                      Accepted{"quantile(-0, m[1s])", "quantile(0, m[1s])"},
                      Accepted{"quantile(1, m[1w])", "quantile(1, m[1w])"},
                      Accepted{"quantile(0.9, m[90m])", "quantile(0.9, m[1h30m])"},
                      Accepted{"quantile(0.9, m[1000ms])", "quantile(0.9, m[1s])"},
                      Accepted{"quantile([0.5, 0.99], m[5m])", "quantile([0.5, 0.99], m[5m])"},
                      Accepted{"quantile([0.999], m[5m])", "quantile([0.999], m[5m])"},
                      Accepted{"quantile(0.9, m[5m]) by (region)", "quantile(0.9, m[5m]) by (region)"},
                      Accepted{"quantile by (region) (0.9, m[5m])", "quantile(0.9, m[5m]) by (region)"},
                      Accepted{"quantile(0.9, m[5m]) by (a, b,)", "quantile(0.9, m[5m]) by (a, b)"},
                      Accepted{"quantile(0.9, m[5m]) by ()", "quantile(0.9, m[5m])"},
                      Accepted{"quantile(0.9, m[5m]) without ()", "quantile(0.9, m[5m]) without ()"},
                      Accepted{"quantile without(host)(0.9, m[5m])", "quantile(0.9, m[5m]) without (host)"},
                      Accepted{"quantile(0.9, m{}[5m])", "quantile(0.9, m[5m])"},
                      Accepted{"quantile(0.9, m{a=\"x\",b!='y',c=~`z.*`,d!~\"\\\\d+\",}[5m])",
                               "quantile(0.9, m{a=\"x\", b!=\"y\", c=~\"z.*\", d!~\"\\\\d+\"}[5m])"},
                      Accepted{"quantile(0.9, m{a=\"say \\\"hi\\\"\\n\"}[5m])",
                               "quantile(0.9, m{a=\"say \\\"hi\\\"\\n\"}[5m])"},
                      Accepted{"quantile(0.9, m{a=\"grün\"}[5m])", "quantile(0.9, m{a=\"grün\"}[5m])"},
                      Accepted{"quantile(0.9, {\"api.latency\"}[5m])", "quantile(0.9, {\"api.latency\"}[5m])"},
                      Accepted{"quantile(0.9, {\"api-latency ms\", a=\"x\"}[5m])",
                               "quantile(0.9, {\"api-latency ms\", a=\"x\"}[5m])"},
                      Accepted{"quantile(0.9, {a=\"x\", \"m\"}[5m])", "quantile(0.9, {\"m\", a=\"x\"}[5m])"},
                      Accepted{"quantile(0.9, m{\"data-center\"=\"x\"}[5m]) by (\"data-center\")",
                               "quantile(0.9, m{\"data-center\"=\"x\"}[5m]) by (\"data-center\")"},
                      Accepted{"quantile(0.9, by[5m]) by (by, without, quantile)",
                               "quantile(0.9, by[5m]) by (by, without, quantile)"}));

struct Refused {
  std::string text;
  std::string position;  // "line:column"
  std::string reason;    // part of the message
};
std::ostream& operator<<(std::ostream& out, const Refused& refused) { return out << refused.text; }

class ParserRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(ParserRefuses, SayingWhereAndWhy) {
  const auto expression = ParseExpression(GetParam().text);
  ASSERT_FALSE(expression.ok()) << ToString(*expression);
  EXPECT_EQ(expression.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(expression.status().message());
  EXPECT_THAT(message, StartsWith(GetParam().position + ": parse error: "));
  EXPECT_THAT(message, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParserRefuses,
    ::testing::Values(
        Refused{"", "1:1", "expected quantile, found the end; supported is quantile("},
        Refused{"1+1", "1:1", "expected quantile, found '1'"},
        Refused{"rate(m[5m])", "1:1", "expected quantile, found 'rate'"},
        Refused{"quantile", "1:9", "expected '(' after quantile, found the end"},
        Refused{"quantile(m[5m])", "1:10", "expected a number from 0 to 1, found 'm'"},
        Refused{"quantile(99, m[5m])", "1:10", "a quantile is a number from 0 to 1 (p99 is 0.99), found '99'"},
        Refused{"quantile(-0.1, m[5m])", "1:10", "a number from 0 to 1"},
        Refused{"quantile(0.9.9, m[5m])", "1:10", "expected a number from 0 to 1, found '0.9.9'"},
        Refused{"quantile(1e999, m[5m])", "1:10", "a number from 0 to 1"},
        Refused{"quantile(NaN, m[5m])", "1:10", "expected a number from 0 to 1, found 'NaN'"},
        Refused{"quantile([], m[5m])", "1:11", "expected a number from 0 to 1, found ']'"},
        Refused{"quantile([0.5 0.9], m[5m])", "1:15", "expected ']' after the list of quantiles, found '0.9'"},
        Refused{"quantile([0.5, 0.5], m[5m])", "1:16", "quantile 0.5 is listed twice"},
        Refused{"quantile(0.9 m[5m])", "1:14", "expected ',' after the quantile, found 'm'"},
        Refused{"quantile(0.9, )", "1:15", "expected a metric, found ')'"},
        Refused{"quantile(0.9, m)", "1:16", "expected '[' and a window, as in [5m], found ')'"},
        Refused{"quantile(0.9, m[])", "1:17", "expected a duration such as 30s, 5m or 1h30m, found ']'"},
        Refused{"quantile(0.9, m[5])", "1:17", "expected a duration"},
        Refused{"quantile(0.9, m[5m1h])", "1:17", "expected a duration"},
        Refused{"quantile(0.9, m[1.5h])", "1:17", "expected a duration"},
        Refused{"quantile(0.9, m[99y])", "1:17", "expected a duration"},
        Refused{"quantile(0.9, m[0s])", "1:17", "the window is empty"},
        Refused{"quantile(0.9, m[5m:1m])", "1:17", "expected a duration"},
        Refused{"quantile(0.9, m[5m] offset 7d)", "1:21", "expected ')' after the window, found 'offset'"},
        Refused{"quantile(0.9, m[5m]) > 1", "1:22", "unexpected character '>'"},
        Refused{"quantile(0.9, m[5m]) by region", "1:25", "expected '(' after by or without, found 'region'"},
        Refused{"quantile(0.9, m[5m]) by (5)", "1:26", "expected a label, found '5'"},
        Refused{"quantile by (a) (0.9, m[5m]) by (b)", "1:30", "a second by or without"},
        Refused{"quantile(0.9, m[5m]) by (a) by (b)", "1:29", "expected the end, found 'by'"},
        Refused{"quantile(0.9, {a=\"x\"}[5m])", "1:15", "a metric's name is needed"},
        Refused{"quantile(0.9, {}[5m])", "1:15", "a metric's name is needed"},
        Refused{"quantile(0.9, m{\"n\"}[5m])", "1:17", "a second name for the metric"},
        Refused{"quantile(0.9, {__name__=\"m\"}[5m])", "1:16", "write the metric's name before the braces"},
        Refused{"quantile(0.9, m{a}[5m])", "1:18", "expected =, !=, =~ or !~ after the label, found '}'"},
        Refused{"quantile(0.9, m{a==\"x\"}[5m])", "1:19", "expected a quoted value, found '='"},
        Refused{"quantile(0.9, m{a=x}[5m])", "1:19", "expected a quoted value, found 'x'"},
        Refused{"quantile(0.9, m{a=\"x\" b=\"y\"}[5m])", "1:23", "expected '}' after the matchers, found 'b'"},
        Refused{"quantile(0.9, m{a=\"x}[5m])", "1:19", "unterminated quoted string"},
        Refused{"quantile(0.9, m{a=\"\\q\"}[5m])", "1:19", "bad escape in quoted string"},
        Refused{"quantile(0.9, m{a=“x”}[5m])", "1:19", "unexpected character '“'"},
        Refused{"quantile(0.9, m{a=~\"(\"}[5m])", "1:20", "bad regular expression: missing )"},
        Refused{"quantile(0.9, m{a!~\"(a{1000}){1000}\"}[5m])", "1:20", "bad regular expression"},
        Refused{"quantile(0.9,\n  m[oops])", "2:5", "expected a duration such as 30s, 5m or 1h30m, found 'oops'"}));

TEST(ParserTest, TakesAsManyMatchersLabelsAndQuantilesAsTheBoundsSayAndNoMore) {
  const auto query = [](size_t quantiles, size_t matchers, size_t labels) {
    std::string list, braces, clause;
    for (size_t i = 0; i < quantiles; ++i) absl::StrAppend(&list, i == 0 ? "" : ",", "0.", 100 + i);
    for (size_t i = 0; i < matchers; ++i) absl::StrAppend(&braces, "l", i, "=\"v\",");
    for (size_t i = 0; i < labels; ++i) absl::StrAppend(&clause, "l", i, ",");
    return absl::StrCat("quantile([", list, "], m{", braces, "}[5m]) by (", clause, ")");
  };
  EXPECT_TRUE(ParseExpression(query(64, 32, 32)).ok());
  EXPECT_THAT(std::string(ParseExpression(query(65, 0, 0)).status().message()), HasSubstr("more than 64 quantiles"));
  EXPECT_THAT(std::string(ParseExpression(query(1, 33, 0)).status().message()), HasSubstr("more than 32 matchers"));
  EXPECT_THAT(std::string(ParseExpression(query(1, 0, 33)).status().message()), HasSubstr("more than 32 labels"));
}

TEST(ParserTest, BoundsTheExpressionAndItsRegularExpressions) {
  EXPECT_THAT(std::string(ParseExpression(std::string((16 << 10) + 1, ' ')).status().message()),
              HasSubstr("more than 16384 bytes"));
  const auto with_regex = [](size_t bytes) {
    return absl::StrCat("quantile(0.5, m{a=~\"", std::string(bytes, 'x'), "\"}[5m])");
  };
  EXPECT_TRUE(ParseExpression(with_regex(1024)).ok());
  EXPECT_THAT(std::string(ParseExpression(with_regex(1025)).status().message()),
              HasSubstr("1:20: parse error: a regular expression of more than 1024 bytes"));
}

TEST(ParserTest, KeepsWhatTheSelectorSays) {
  const auto expression =
      ParseExpression("quantile([0.5, 0.99], {\"api.latency\", region=~\"eu-.*\"}[1d]) without (host)");
  ASSERT_TRUE(expression.ok()) << expression.status();
  QuantileExpression expected;
  expected.quantiles = {0.5, 0.99};
  expected.is_list = true;
  expected.selector.name = "api.latency";
  expected.selector.exact_name = true;
  expected.selector.matchers = {{"region", LabelMatcher::Op::kMatches, "eu-.*"}};
  expected.selector.window = absl::Hours(24);
  expected.grouping.without = true;
  expected.grouping.labels = {"host"};
  EXPECT_EQ(*expression, expected);
}

}  // namespace
}  // namespace tributary
