#include "global/query/series_matcher.h"

#include <regex.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

v1::SelectRequest Request(const std::vector<std::tuple<std::string, v1::Matcher::Op, std::string>>& matchers) {
  v1::SelectRequest request;
  for (const auto& [label, op, value] : matchers) {
    v1::Matcher& matcher = *request.add_matchers();
    matcher.set_label(label);
    matcher.set_op(op);
    matcher.set_value(value);
  }
  return request;
}

bool Matches(const v1::SelectRequest& request, const Labels& labels) {
  const auto matcher = SeriesMatcher::Compile(request);
  EXPECT_TRUE(matcher.ok()) << matcher.status();
  return matcher.ok() && matcher->Matches(labels);
}

struct Claim {
  std::string label;
  v1::Matcher::Op op;
  std::string value;
  bool eu;      // {region="eu", host="web-1"}
  bool us;      // {region="us"}
  bool nobody;  // {}
};

// Written by hand from Prometheus's rules: an absent label is the empty value, expressions match the whole value.
const Claim kClaims[] = {
    {"region", v1::Matcher::OP_EQUAL, "eu", true, false, false},
    {"region", v1::Matcher::OP_EQUAL, "", false, false, true},
    {"region", v1::Matcher::OP_EQUAL, "e", false, false, false},
    {"region", v1::Matcher::OP_NOT_EQUAL, "eu", false, true, true},
    {"region", v1::Matcher::OP_NOT_EQUAL, "", true, true, false},
    {"region", v1::Matcher::OP_MATCHES, "eu|us", true, true, false},
    {"region", v1::Matcher::OP_MATCHES, "e", false, false, false},
    {"region", v1::Matcher::OP_MATCHES, "e.*", true, false, false},
    {"region", v1::Matcher::OP_MATCHES, ".*", true, true, true},
    {"region", v1::Matcher::OP_MATCHES, ".+", true, true, false},
    {"region", v1::Matcher::OP_MATCHES, "", false, false, true},
    {"region", v1::Matcher::OP_MATCHES, "EU", false, false, false},
    {"region", v1::Matcher::OP_MATCHES, "(?i)EU", true, false, false},
    {"region", v1::Matcher::OP_NOT_MATCHES, "e.*", false, true, true},
    {"region", v1::Matcher::OP_NOT_MATCHES, ".*", false, false, false},
    {"region", v1::Matcher::OP_NOT_MATCHES, ".+", false, false, true},
    {"host", v1::Matcher::OP_EQUAL, "", false, true, true},
    {"host", v1::Matcher::OP_MATCHES, "web-\\d|", true, true, true},
    {"host", v1::Matcher::OP_NOT_EQUAL, "web-1", false, true, true},
};

TEST(SeriesMatcherTest, FollowsPrometheus) {
  for (const Claim& claim : kClaims) {
    const v1::SelectRequest request = Request({{claim.label, claim.op, claim.value}});
    EXPECT_EQ(Matches(request, {{"host", "web-1"}, {"region", "eu"}}), claim.eu) << request.ShortDebugString();
    EXPECT_EQ(Matches(request, {{"region", "us"}}), claim.us) << request.ShortDebugString();
    EXPECT_EQ(Matches(request, {}), claim.nobody) << request.ShortDebugString();
  }
}

// POSIX's own regular expressions.
bool WholeMatch(const std::string& pattern, const std::string& value) {
  regex_t regex;
  EXPECT_EQ(regcomp(&regex, ("^(" + pattern + ")$").c_str(), REG_EXTENDED | REG_NOSUB), 0);
  const bool matched = regexec(&regex, value.c_str(), 0, nullptr, 0) == 0;
  regfree(&regex);
  return matched;
}

// The whole of the rules in five lines.
bool Oracle(const v1::SelectRequest& request, const std::map<std::string, std::string>& labels) {
  for (const v1::Matcher& matcher : request.matchers()) {
    const std::string value = labels.count(matcher.label()) > 0 ? labels.at(matcher.label()) : "";
    const bool regex = matcher.op() == v1::Matcher::OP_MATCHES || matcher.op() == v1::Matcher::OP_NOT_MATCHES;
    const bool same = regex ? WholeMatch(matcher.value(), value) : value == matcher.value();
    const bool wanted = matcher.op() == v1::Matcher::OP_EQUAL || matcher.op() == v1::Matcher::OP_MATCHES;
    if (same != wanted) return false;
  }
  return true;
}

TEST(SeriesMatcherTest, HoldsWhenEveryMatcherDoes) {
  const std::vector<std::string> values = {"", "a", "b", "ab", "a|b", ".*", "a?b*"};
  const std::vector<std::map<std::string, std::string>> series = {
      {}, {{"x", "a"}}, {{"x", "b"}}, {{"y", "ab"}}, {{"x", "a"}, {"y", "b"}}, {{"x", "ab"}, {"y", "ab"}, {"z", "a"}}};
  int held = 0;
  for (int first_op = 1; first_op <= 4; ++first_op) {
    for (int second_op = 1; second_op <= 4; ++second_op) {
      for (const std::string& first : values) {
        for (const std::string& second : values) {
          const v1::SelectRequest request = Request({{"x", static_cast<v1::Matcher::Op>(first_op), first},
                                                     {"y", static_cast<v1::Matcher::Op>(second_op), second}});
          for (const auto& labels : series) {
            const bool expected = Oracle(request, labels);
            held += expected;
            EXPECT_EQ(Matches(request, Labels(labels.begin(), labels.end())), expected) << request.ShortDebugString();
          }
        }
      }
    }
  }
  EXPECT_GT(held, 500);
}

TEST(SeriesMatcherTest, TakesLabelNamesAsTagsSpellThem) {
  const Labels labels = PrometheusLabels({"data-center:x", "canary"});
  EXPECT_TRUE(Matches(Request({{"data-center", v1::Matcher::OP_EQUAL, "x"}}), labels));
  EXPECT_TRUE(Matches(Request({{"data_center", v1::Matcher::OP_EQUAL, "x"}}), labels));
  EXPECT_TRUE(Matches(Request({{"canary", v1::Matcher::OP_EQUAL, "true"}}), labels));
}

TEST(SeriesMatcherTest, LetsADotMatchALineEnd) {
  EXPECT_TRUE(Matches(Request({{"x", v1::Matcher::OP_MATCHES, "a.b"}}), {{"x", "a\nb"}}));
}

TEST(SeriesMatcherTest, RefusesWhatItCannotCompile) {
  const std::pair<v1::SelectRequest, std::string> table[] = {
      {Request({{"x", v1::Matcher::OP_UNSPECIFIED, "a"}}), "unknown kind"},
      {Request({{"x", static_cast<v1::Matcher::Op>(9), "a"}}), "unknown kind"},
      {Request({{"x", v1::Matcher::OP_MATCHES, "("}}), "bad regular expression"},
      {Request({{"x", v1::Matcher::OP_MATCHES, std::string(1025, 'a')}}), "more than 1024 bytes"},
      {Request({{"x", v1::Matcher::OP_MATCHES, "((a{100}){100}){100}"}}), "bad regular expression"},
      {Request({33, {"x", v1::Matcher::OP_EQUAL, "a"}}), "more than 32 matchers"},
  };
  for (const auto& [request, reason] : table) {
    const auto matcher = SeriesMatcher::Compile(request);
    EXPECT_EQ(matcher.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(matcher.status().message()), HasSubstr(reason));
  }
}

TEST(NameMatchesTest, TakesItsOwnNameAndPrometheussSpelling) {
  v1::SelectRequest request;
  request.set_name("api_latency");
  EXPECT_TRUE(NameMatches(request, "api_latency"));
  EXPECT_TRUE(NameMatches(request, "api.latency"));
  EXPECT_TRUE(NameMatches(request, "api-latency"));
  EXPECT_FALSE(NameMatches(request, "api.latency2"));
  request.set_exact_name(true);
  EXPECT_TRUE(NameMatches(request, "api_latency"));
  EXPECT_FALSE(NameMatches(request, "api.latency"));
  request.set_name("api.latency");
  EXPECT_TRUE(NameMatches(request, "api.latency"));
  EXPECT_FALSE(NameMatches(request, "api_latency"));
}

}  // namespace
}  // namespace tributary
