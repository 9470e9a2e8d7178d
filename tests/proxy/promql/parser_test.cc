#include "proxy/promql/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tributary::promql {
namespace {

std::string Canonical(absl::string_view text) {
  const auto expression = Parse(text);
  return expression.ok() ? ToString(**expression) : std::string(expression.status().message());
}

struct Row {
  absl::string_view text;
  absl::string_view expected;
};

void ExpectAll(std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(Canonical(row.text), row.expected) << row.text;
}

TEST(ParserTest, ReadsNumbersAsPrometheusDoes) {
  ExpectAll({
      {"1", "1"},
      {"+Inf", "+Inf"},
      {"-iNF", "-Inf"},
      {"NaN", "NaN"},
      {".5", "0.5"},
      {"5.", "5"},
      {"123.4567", "123.4567"},
      {"5e-3", "0.005"},
      {"5E+3", "5000"},
      {"0xc", "12"},
      {"0XFF", "255"},
      {"0755", "493"},
      {"08", "8"},
      {"+5.5e-3", "0.0055"},
      {"-0755", "-493"},
      {"1_000_000", "1000000"},
      {"5m", "300"},
      {"1h30m", "5400"},
      {"500ms", "0.5"},
      {"1y", "31536000"},
      {"1w2d", "777600"},
      {"- 1", "-1"},
      {"--1", "1"},
      {"-+-1", "1"},
      {"1 # one\n", "1"},
      {"# nothing\n\t 2", "2"},
  });
}

TEST(ParserTest, ReadsStringsInThreeQuotes) {
  ExpectAll({
      {R"("double")", R"("double")"},
      {R"('single "inside"')", R"("single \"inside\"")"},
      {R"(`raw \n`)", R"("raw \\n")"},
      {R"("a\tb\\\"\x41\u00e4")", "\"a\\tb\\\\\\\"A\xc3\xa4\""},
      {"`two\nlines`", R"("two\nlines")"},
      {R"("#no comment")", R"("#no comment")"},
  });
}

TEST(ParserTest, ReadsSelectors) {
  ExpectAll({
      {"foo", R"({__name__="foo"})"},
      {"foo{}", R"({__name__="foo"})"},
      {"foo:bar", R"({__name__="foo:bar"})"},
      {R"(foo{a="b"})", R"({a="b", __name__="foo"})"},
      {R"(foo{a="b",})", R"({a="b", __name__="foo"})"},
      {R"(foo{ a != "b" , c =~ "d.*", e!~"f|g" })", R"({a!="b", c=~"d.*", e!~"f|g", __name__="foo"})"},
      {R"({a="b"})", R"({a="b"})"},
      {R"({__name__=~"api_.+"})", R"({__name__=~"api_.+"})"},
      {R"({"api.latency"})", R"({"api.latency"})"},
      {R"({"api.latency", "a.b"="c"})", R"({"api.latency", "a.b"="c"})"},
      {R"({'x y', z='1'})", R"({"x y", z="1"})"},
      {R"({"a.b"=~"c.+"})", R"({"a.b"=~"c.+"})"},
      {R"(foo{by="x", sum="y", offset="z", inf="w"})", R"({by="x", sum="y", offset="z", inf="w", __name__="foo"})"},
      {R"(foo{a="",b=~"x?"})", R"({a="", b=~"x?", __name__="foo"})"},
      {"{ # why\n a=\"b\" }", R"({a="b"})"},
  });
}

TEST(ParserTest, WordsOfTheLanguageAreNamesWherePrometheusAllowsThem) {
  for (const absl::string_view word :
       {"sum",    "avg",   "count", "topk",   "quantile", "by",  "without",  "and",  "or",   "unless",  "bool",
        "offset", "start", "end",   "limitk", "group",    "SUM", "distinct", "rate", "nanx", "infinity"}) {
    EXPECT_EQ(Canonical(word), absl::StrCat("{__name__=\"", word, "\"}"));
    EXPECT_EQ(Canonical(absl::StrCat("sum by (", word, ") (x)")),
              absl::StrCat("sum by (", word, ") ({__name__=\"x\"})"));
  }
  for (const absl::string_view word : {"on", "ignoring", "group_left", "group_right", "atan2"}) {
    EXPECT_EQ(Canonical(word), absl::StrCat("1:1: parse error: unexpected \"", word, "\", expected an expression"));
    EXPECT_EQ(Canonical(absl::StrCat("sum by (", word, ") (x)")),
              absl::StrCat("sum by (", word, ") ({__name__=\"x\"})"));
  }
  ExpectAll({{"and and and", R"({__name__="and"} and {__name__="and"})"},
             {"offset offset 5m", R"({__name__="offset"} offset 5m)"},
             {"sum + by", R"({__name__="sum"} + {__name__="by"})"}});
}

TEST(ParserTest, ReadsRangesOffsetsAndTimes) {
  ExpectAll({
      {"foo[5m]", R"({__name__="foo"}[5m])"},
      {"foo[1h30m]", R"({__name__="foo"}[1h30m])"},
      {"foo[ 5m ]", R"({__name__="foo"}[5m])"},
      {"foo[300]", R"({__name__="foo"}[5m])"},
      {"foo[0.5]", R"({__name__="foo"}[500ms])"},
      {"foo[0x1e]", R"({__name__="foo"}[30s])"},
      {"foo offset 5m", R"({__name__="foo"} offset 5m)"},
      {"foo OFFSET -7m", R"({__name__="foo"} offset -7m)"},
      {"foo offset 90", R"({__name__="foo"} offset 1m30s)"},
      {"foo[5m] offset 1h", R"({__name__="foo"}[5m] offset 1h)"},
      {"foo @ 1603774568", R"({__name__="foo"} @ 1603774568)"},
      {"foo @ -100", R"({__name__="foo"} @ -100)"},
      {"foo @ .3", R"({__name__="foo"} @ 0.3)"},
      {"foo @ 3.33", R"({__name__="foo"} @ 3.33)"},
      {"foo @ start()", R"({__name__="foo"} @ start())"},
      {"foo[5m] @ end()", R"({__name__="foo"}[5m] @ end())"},
      {"foo offset 5m @ 10", R"({__name__="foo"} @ 10 offset 5m)"},
      {"foo @ 10 offset 5m", R"({__name__="foo"} @ 10 offset 5m)"},
      {"foo[5m:]", R"({__name__="foo"}[5m:])"},
      {"foo[5m:10s]", R"({__name__="foo"}[5m:10s])"},
      {"foo[5m : 10s]", R"({__name__="foo"}[5m:10s])"},
      {"foo[300:10]", R"({__name__="foo"}[5m:10s])"},
      {"foo[5m:1m] offset 4m @ 100", R"({__name__="foo"}[5m:1m] @ 100 offset 4m)"},
      {"(a + b)[5m:1m]", R"(({__name__="a"} + {__name__="b"})[5m:1m])"},
      {"rate(foo[2m])[5m:1m]", R"(rate({__name__="foo"}[2m])[5m:1m])"},
      {"rate(rate(a[1m])[5m:] offset 1m)", R"(rate(rate({__name__="a"}[1m])[5m:] offset 1m))"},
      {"1 + foo offset 5m", R"(1 + {__name__="foo"} offset 5m)"},
  });
}

TEST(ParserTest, BindsOperatorsAsPrometheusDoes) {
  const auto name = [](absl::string_view text) { return absl::StrCat("{__name__=\"", text, "\"}"); };
  const std::string a = name("a"), b = name("b"), c = name("c");
  // The left column spells the tree that the right column must be.
  const auto same = [](absl::string_view text, absl::string_view explicit_text) {
    const auto lhs = Parse(text), rhs = Parse(explicit_text);
    ASSERT_TRUE(lhs.ok() && rhs.ok()) << text;
    const auto* outer = std::get_if<Binary>(&(*lhs)->node);
    const auto* expected = std::get_if<Binary>(&(*rhs)->node);
    ASSERT_TRUE(outer && expected) << text;
    EXPECT_EQ(outer->op, expected->op) << text;
    EXPECT_EQ(ToString(*outer->left), ToString(Unwrapped(*expected->left))) << text;
    EXPECT_EQ(ToString(*outer->right), ToString(Unwrapped(*expected->right))) << text;
  };
  same("a + b * c", "a + (b * c)");
  same("a * b + c", "(a * b) + c");
  same("a - b - c", "(a - b) - c");
  same("a / b * c", "(a / b) * c");
  same("a ^ b ^ c", "a ^ (b ^ c)");
  same("a * b ^ c", "a * (b ^ c)");
  same("a % b atan2 c", "(a % b) atan2 c");
  same("a > b + c", "a > (b + c)");
  same("a == b > c", "(a == b) > c");
  same("a and b == c", "a and (b == c)");
  same("a or b and c", "a or (b and c)");
  same("a and b unless c", "(a and b) unless c");
  same("a or b or c", "(a or b) or c");
  same("-a * b", "(-a) * b");
  same("2 ^ -1 * 3", "(2 ^ -1) * 3");
  ExpectAll({{"-a ^ b", absl::StrCat("-", a, " ^ ", b)}});
  EXPECT_TRUE(std::holds_alternative<Negation>((*Parse("-a ^ b"))->node));
  EXPECT_TRUE(std::holds_alternative<Negation>((*Parse("-1 ^ 2"))->node));
}

TEST(ParserTest, ReadsMatchingOfVectors) {
  ExpectAll({
      {"a + on() b", R"({__name__="a"} + on () {__name__="b"})"},
      {"a + on(x, y) b", R"({__name__="a"} + on (x, y) {__name__="b"})"},
      {"a + ON (y,x,) b", R"({__name__="a"} + on (x, y) {__name__="b"})"},
      {"a + ignoring(x) b", R"({__name__="a"} + ignoring (x) {__name__="b"})"},
      {"a + ignoring() b", R"({__name__="a"} + {__name__="b"})"},
      {"a * on(x) group_left b", R"({__name__="a"} * on (x) group_left () {__name__="b"})"},
      {"a * on(x) group_left() b", R"({__name__="a"} * on (x) group_left () {__name__="b"})"},
      {"a * on(x) group_right(y) b", R"({__name__="a"} * on (x) group_right (y) {__name__="b"})"},
      {"a * ignoring(x) group_left(x) b", R"({__name__="a"} * ignoring (x) group_left (x) {__name__="b"})"},
      {"a > bool b", R"({__name__="a"} > bool {__name__="b"})"},
      {"a > bool on(x) b", R"({__name__="a"} > bool on (x) {__name__="b"})"},
      {R"(a + on("x.y") b)", R"({__name__="a"} + on ("x.y") {__name__="b"})"},
      {"a and on(x) b", R"({__name__="a"} and on (x) {__name__="b"})"},
      {"a unless ignoring(x) b", R"({__name__="a"} unless ignoring (x) {__name__="b"})"},
      {"1 > bool 2", "1 > bool 2"},
      {"1 == bool 1", "1 == bool 1"},
      {"a AND b", R"({__name__="a"} and {__name__="b"})"},
      {"1 atan2 2", "1 atan2 2"},
  });
  EXPECT_EQ(std::get<Binary>((*Parse("a and b"))->node).matching.cardinality, Matching::Cardinality::kManyToMany);
}

TEST(ParserTest, ReadsAggregations) {
  ExpectAll({
      {"sum(x)", R"(sum({__name__="x"}))"},
      {"SUM(x)", R"(sum({__name__="x"}))"},
      {"sum by (a) (x)", R"(sum by (a) ({__name__="x"}))"},
      {"sum by(a)(x)", R"(sum by (a) ({__name__="x"}))"},
      {"sum(x) by (a)", R"(sum by (a) ({__name__="x"}))"},
      {"sum(x) by (b, a, b)", R"(sum by (a, b) ({__name__="x"}))"},
      {"sum(x) by (a,)", R"(sum by (a) ({__name__="x"}))"},
      {"sum without (a) (x)", R"(sum without (a) ({__name__="x"}))"},
      {"sum(x) without ()", R"(sum without () ({__name__="x"}))"},
      {"sum by () (x)", R"(sum({__name__="x"}))"},
      {R"(sum by ("a.b") (x))", R"(sum by ("a.b") ({__name__="x"}))"},
      {"avg(x)", R"(avg({__name__="x"}))"},
      {"min(x)", R"(min({__name__="x"}))"},
      {"max(x)", R"(max({__name__="x"}))"},
      {"count(x)", R"(count({__name__="x"}))"},
      {"group(x)", R"(group({__name__="x"}))"},
      {"stddev(x)", R"(stddev({__name__="x"}))"},
      {"stdvar(x)", R"(stdvar({__name__="x"}))"},
      {"topk(5, x)", R"(topk(5, {__name__="x"}))"},
      {"bottomk by (a) (5, x)", R"(bottomk by (a) (5, {__name__="x"}))"},
      {"limitk(2, x)", R"(limitk(2, {__name__="x"}))"},
      {"quantile(0.9, x)", R"(quantile(0.9, {__name__="x"}))"},
      {"quantile((0.9), x) by (a)", R"(quantile by (a) ((0.9), {__name__="x"}))"},
      {R"(count_values("v", x))", R"(count_values("v", {__name__="x"}))"},
      {"sum(sum(x) by (a)) by ()", R"(sum(sum by (a) ({__name__="x"})))"},
      {"sum(a + b)", R"(sum({__name__="a"} + {__name__="b"}))"},
  });
}

TEST(ParserTest, OurFormsAreShortForCallsAndSums) {
  ExpectAll({
      {"quantile(0.99, m[5m])", R"(histogram_quantile(0.99, sum(increase({__name__="m"}[5m]))))"},
      {"quantile(0.99, m[5m]) by (a)", R"(histogram_quantile(0.99, sum by (a) (increase({__name__="m"}[5m]))))"},
      {"quantile without (a) (0.99, m[5m])",
       R"(histogram_quantile(0.99, sum without (a) (increase({__name__="m"}[5m]))))"},
      {"quantile([0.5, 0.99], m[1h] offset 7d) by (a)",
       R"(histogram_quantiles(sum by (a) (increase({__name__="m"}[1h] offset 1w)), "quantile", 0.5, 0.99))"},
      {"quantile([0.5], m[1h])", R"(histogram_quantiles(sum(increase({__name__="m"}[1h])), "quantile", 0.5))"},
      {"distinct(m[1h]) by (a)", R"(distinct(sum by (a) (increase({__name__="m"}[1h]))))"},
      {"distinct by (a) (m[1h])", R"(distinct(sum by (a) (increase({__name__="m"}[1h]))))"},
      {"distinct(m)", R"(distinct({__name__="m"}))"},
  });
}

TEST(ParserTest, ReadsCalls) {
  ExpectAll({
      {"time()", "time()"},
      {"rate(x[5m])", R"(rate({__name__="x"}[5m]))"},
      {"abs(-x)", R"(abs(-{__name__="x"}))"},
      {"histogram_quantile(0.9, rate(x[5m]))", R"(histogram_quantile(0.9, rate({__name__="x"}[5m])))"},
      {"histogram_quantile(1 - 0.1, x)", R"(histogram_quantile(1 - 0.1, {__name__="x"}))"},
  });
}

TEST(ParserTest, CanonicalTextReadsBackToItself) {
  for (const absl::string_view text :
       {R"(-foo{a="b\n"} offset -5m ^ 2 ^ -3)", R"(sum by ("a.b", c) ({"x.y"} @ end()) > bool on (c) group_left (z) y)",
        R"(topk(5, quantile([0.5,0.9], m[1h]) by (endpoint)))", "(a or b)[5m:] @ 3.5 offset 1h", "--x", "-(-1)",
        "(-1) ^ 2", "+Inf * -Inf - NaN"}) {
    const std::string canonical = Canonical(text);
    EXPECT_EQ(Canonical(canonical), canonical) << text;
  }
}

TEST(ParserTest, SaysWhereAndWhatIsWrong) {
  ExpectAll({
      {"", "1:1: parse error: no expression found in input"},
      {"# just a comment", "1:1: parse error: no expression found in input"},
      {"1+", "1:3: parse error: unexpected end of input, expected an expression"},
      {".", "1:1: parse error: unexpected character: '.'"},
      {"2.5.", "1:4: parse error: unexpected character: '.'"},
      {"0deadbeef", R"(1:1: parse error: bad number or duration syntax: "0deadbeef")"},
      {"1 /", "1:4: parse error: unexpected end of input, expected an expression"},
      {"*1", R"(1:1: parse error: unexpected "*", expected an expression)"},
      {"(1))", R"~(1:4: parse error: unexpected ")", expected an operator or the end)~"},
      {"((1)", "1:1: parse error: unclosed left parenthesis"},
      {"(", "1:2: parse error: unexpected end of input, expected an expression"},
      {"()", R"~(1:2: parse error: unexpected ")", expected an expression)~"},
      {"1 and 1", R"(1:1: parse error: set operator "and" not allowed in binary scalar expression)"},
      {"1 or foo", R"(1:1: parse error: set operator "or" not allowed in binary scalar expression)"},
      {"1 == 1", "1:1: parse error: comparisons between scalars must use BOOL modifier"},
      {"1 !~ 1", R"(1:3: parse error: unexpected "!~", expected an operator or the end)"},
      {"1 + bool 1", "1:1: parse error: bool modifier can only be used on comparison operators"},
      {R"(-"string")",
       R"(1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string")"},
      {"-test[5m]",
       R"(1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "range vector")"},
      {R"("a" + "b")", "1:1: parse error: binary expression must contain only scalar and instant vector types"},
      {"foo + bar[5m]", "1:1: parse error: binary expression must contain only scalar and instant vector types"},
      {"foo or on(bar) group_right(baz) bar", R"(1:1: parse error: no grouping allowed for "or" operation)"},
      {"foo + on(bar) group_left(bar) bar",
       R"(1:1: parse error: label "bar" must not occur in ON and GROUP clause at once)"},
      {"foo + on(x) 5", "1:1: parse error: vector matching only allowed between instant vectors"},
      {"foo == on(bar) 10", "1:1: parse error: vector matching only allowed between instant vectors"},
      {"foo + group_left(baz) bar", R"(1:7: parse error: unexpected "group_left", expected an expression)"},
      {"foo on(x) bar", R"(1:5: parse error: unexpected "on", expected an operator or the end)"},
      {"{", R"(1:2: parse error: unexpected end of input in label matching, expected a label name or "}")"},
      {"}", R"(1:1: parse error: unexpected "}", expected an expression)"},
      {"some{", R"(1:6: parse error: unexpected end of input in label matching, expected a label name or "}")"},
      {"some}", R"(1:5: parse error: unexpected "}", expected an operator or the end)"},
      {"some_metric{a=b}", R"(1:15: parse error: unexpected "b" in label matching, expected a string in quotes)"},
      {R"(some{a:b="b"})", R"(1:6: parse error: invalid label name "a:b"; quote it)"},
      {R"(foo{a*"b"})",
       R"(1:6: parse error: unexpected "*" in label matching, expected one of "=", "!=", "=~" or "!~")"},
      {R"(foo{a>="b"})",
       R"(1:6: parse error: unexpected ">=" in label matching, expected one of "=", "!=", "=~" or "!~")"},
      {"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {R"({x=""})", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {R"({x=~".*"})", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {R"({x!~".+"})", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {R"({x!="a"})", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {R"(foo{__name__="bar"})", R"(1:1: parse error: metric name must not be set twice: "foo" or "bar")"},
      {R"({"foo", "bar"})", R"(1:9: parse error: metric name must not be set twice: "foo" or "bar")"},
      {R"(foo{"bar"})", R"(1:1: parse error: metric name must not be set twice: "foo" or "bar")"},
      {R"(foo{a="b" c="d"})", R"(1:11: parse error: unexpected "c" in label matching, expected ",")"},
      {R"({,a="b"})", R"(1:2: parse error: unexpected "," in label matching, expected a label name or "}")"},
      {R"(foo{a=~"("})", "1:1: parse error: error parsing regexp: missing ): ("},
      {R"("unterminated)", "1:1: parse error: unterminated quoted string"},
      {"\"two\nlines\"", "1:1: parse error: unterminated quoted string"},
      {"`raw", "1:1: parse error: unterminated raw string"},
      {R"("\xff")", "1:1: parse error: invalid UTF-8 in a string"},
      {"test[5d", R"(1:8: parse error: unexpected end of input in range, expected "]")"},
      {"test[]", R"(1:6: parse error: unexpected "]" in range, expected a duration such as 5m)"},
      {"test[0m]", "1:6: parse error: duration must be greater than 0"},
      {"test[-5m]", R"(1:6: parse error: unexpected "-" in range, expected a duration such as 5m)"},
      {R"(test["5m"])", R"(1:6: parse error: unexpected string "5m" in range, expected a duration such as 5m)"},
      {"foo[5mm]", R"(1:5: parse error: bad number or duration syntax: "5mm")"},
      {"foo[5m1]", R"(1:5: parse error: bad number or duration syntax: "5m1")"},
      {"foo[5m1h]", R"(1:5: parse error: bad number or duration syntax: "5m1h")"},
      {"foo[11y]", R"(1:5: parse error: bad number or duration syntax: "11y")"},
      {"foo[1e15]", "1:5: parse error: duration out of range"},
      {"foo[5m][5m]",
       "1:8: parse error: ranges only allowed for vector selectors; for other expressions use a subquery, as in "
       "(...)[5m:1m]"},
      {"sum(foo)[5m]",
       "1:9: parse error: ranges only allowed for vector selectors; for other expressions use a subquery, as in "
       "(...)[5m:1m]"},
      {"foo offset 1m[5m]", "1:14: parse error: no offset modifiers allowed before range"},
      {"foo @ 5[5m]", "1:8: parse error: no @ modifiers allowed before range"},
      {"foo offset 5m offset 5m", "1:15: parse error: offset may not be set multiple times"},
      {"foo @ 5 @ 6", "1:9: parse error: @ <timestamp> may not be set multiple times"},
      {"foo @ Inf", "1:7: parse error: timestamp out of bounds for @ modifier"},
      {"foo @ NaN", "1:7: parse error: timestamp out of bounds for @ modifier"},
      {"foo @ bar", R"(1:7: parse error: unexpected "bar" in @, expected timestamp, start() or end())"},
      {"foo @ start", R"(1:12: parse error: unexpected end of input in @, expected "(")"},
      {"foo offset", "1:11: parse error: unexpected end of input in offset, expected a duration such as 5m"},
      {"(foo) offset 5m",
       "1:7: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or "
       "a subquery"},
      {"1 @ 5",
       "1:3: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a "
       "subquery"},
      {"1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"},
      {"foo[5m][5m:]", "1:1: parse error: subquery is only allowed on instant vector, got range vector instead"},
      {"foo[5m:0s]", "1:8: parse error: duration must be greater than 0"},
      {"sum()", "1:1: parse error: no arguments for aggregate expression provided"},
      {"sum", R"({__name__="sum"})"},
      {"sum(1)", "1:1: parse error: expected type instant vector in aggregation expression, got scalar"},
      {"sum(foo[5m])", "1:1: parse error: expected type instant vector in aggregation expression, got range vector"},
      {"sum(foo, bar)",
       "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"},
      {"topk(foo)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
      {"topk(foo, bar)", "1:1: parse error: expected type scalar in aggregation parameter, got instant vector"},
      {"count_values(5, bar)", "1:1: parse error: expected type string in aggregation parameter, got scalar"},
      {"sum by (a) (x) by (b)",
       R"(1:16: parse error: unexpected "by" in aggregation, expected one grouping, before or after the parentheses)"},
      {"sum by x", R"(1:8: parse error: unexpected "x" in grouping opts, expected "(")"},
      {"sum by (1) (x)", R"(1:9: parse error: unexpected "1" in grouping opts, expected label)"},
      {"sum by (a b) (x)", R"(1:11: parse error: unexpected "b" in grouping opts, expected ",")"},
      {"sum by (a:b) (x)", R"(1:9: parse error: unexpected "a:b" in grouping opts, expected label)"},
      {"sum by (a)", R"(1:11: parse error: unexpected end of input in function call, expected "(")"},
      {"nosuch(x)", R"(1:1: parse error: unknown function with name "nosuch")"},
      {"rate()", R"(1:1: parse error: expected 1 argument(s) in call to "rate", got 0)"},
      {"rate(x, y)", R"(1:1: parse error: expected 1 argument(s) in call to "rate", got 2)"},
      {"rate(x)", R"(1:1: parse error: expected type range vector in call to function "rate", got instant vector)"},
      {"rate(x[5m],)", "1:12: parse error: trailing commas not allowed in function call args"},
      {"rate(x[5m]", "1:5: parse error: unclosed left parenthesis"},
      {"abs(1)", R"(1:1: parse error: expected type instant vector in call to function "abs", got scalar)"},
      {"time(1)", R"(1:1: parse error: expected 0 argument(s) in call to "time", got 1)"},
      {"quantile([0.5, 0.9], m)",
       R"(1:22: parse error: expected type range vector in call to function "increase", got instant vector)"},
      {"quantile([], m[5m])", R"(1:11: parse error: unexpected "]", expected an expression)"},
      {"quantile([0.5, m[5m])", R"~(1:21: parse error: unexpected ")" in list of quantiles, expected "]")~"},
      {R"(quantile(["x"], m[5m]))",
       R"(1:1: parse error: expected type scalar in call to function "histogram_quantiles", got string)"},
      {"foo bar", R"(1:5: parse error: unexpected "bar", expected an operator or the end)"},
      {"foo $ bar", "1:5: parse error: unexpected character: '$'"},
      {"a !b", "1:3: parse error: unexpected character: '!'"},
      {"sum(\n  a,\n  b +)", R"~(3:6: parse error: unexpected ")", expected an expression)~"},
  });
}

TEST(ParserTest, RefusesWhatIsNotUtf8) { EXPECT_EQ(Canonical("foo{a=\"\xff\"}"), "query is not UTF-8"); }

TEST(ParserTest, LongAndDeepQueriesAreRefusedByName) {
  EXPECT_EQ(Canonical(std::string(kMaxQueryBytes + 1, ' ')),
            "query is longer than 65536 bytes; split it, or match with a shorter expression");
  const std::string deep = "expression is nested deeper than 200 levels; split it";
  const auto repeated = [](absl::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) absl::StrAppend(&out, text);
    return out;
  };
  EXPECT_THAT(Canonical(repeated("(", 30000)), testing::HasSubstr(deep));
  EXPECT_THAT(Canonical(repeated("-", 30000)), testing::HasSubstr(deep));
  EXPECT_THAT(Canonical(repeated("2^", 30000)), testing::HasSubstr(deep));
  EXPECT_THAT(Canonical(repeated("abs(", 10000)), testing::HasSubstr(deep));
  EXPECT_THAT(Canonical(repeated("x+", 30000) + "x"), testing::HasSubstr(deep));
  EXPECT_THAT(Canonical("x" + repeated("[5m:]", 2)), testing::HasSubstr("subquery is only allowed"));
  EXPECT_TRUE(Parse(repeated("(", 150) + "x" + repeated(")", 150)).ok());
  EXPECT_TRUE(Parse(repeated("x or ", 150) + "x").ok());
}

TEST(ParserTest, RepeatedArgumentsHaveALimit) {
  std::string quantiles = "0";
  for (int i = 1; i < 63; ++i) absl::StrAppend(&quantiles, ",0.", i);
  EXPECT_THAT(Canonical(absl::StrCat("quantile([", quantiles, "], m[5m])")),
              testing::HasSubstr("expected at most 64 argument(s) in call to \"histogram_quantiles\", got 65"));
}

TEST(ParserTest, AloneASelectorHasMatchersOnly) {
  const auto matchers = ParseSelector(R"(up{job=~"x|y"})");
  ASSERT_TRUE(matchers.ok());
  ASSERT_EQ(matchers->size(), 2u);
  EXPECT_EQ((*matchers)[0], (LabelMatcher{"job", LabelMatcher::Op::kMatches, "x|y", false}));
  EXPECT_EQ((*matchers)[1], (LabelMatcher{"__name__", LabelMatcher::Op::kEqual, "up", false}));
  for (const absl::string_view text : {"up[5m]", "up offset 5m", "up @ 5", "sum(up)", "1", "(up)"}) {
    EXPECT_FALSE(ParseSelector(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tributary::promql
