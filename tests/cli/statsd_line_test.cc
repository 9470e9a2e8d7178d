#include "cli/statsd_line.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

// Expected lines follow docs.datadoghq.com, "DogStatsD datagram format".

TEST(StatsdLineTest, PacksValuesWithRateTagsAndTime) {
  const LineSections sections = {.tags = {"region:eu,canary", "a:b"}, .rate = 0.1, .unix_seconds = 1656581400};
  EXPECT_EQ(*MetricLine("timer", "api.latency", {"12", "15.5"}, sections),
            "api.latency:12:15.5|ms|@0.1|#region:eu,canary,a:b|T1656581400");
}

TEST(StatsdLineTest, HasACodeForEachType) {
  EXPECT_EQ(*MetricLine("counter", "m", {"1"}, {}), "m:1|c");
  EXPECT_EQ(*MetricLine("gauge", "m", {"-3"}, {}), "m:-3|g");
  EXPECT_EQ(*MetricLine("histogram", "m", {"1"}, {}), "m:1|h");
  EXPECT_EQ(*MetricLine("distribution", "m", {"1"}, {}), "m:1|d");
  EXPECT_EQ(*MetricLine("set", "m", {"10.0.0.1:80"}, {}), "m:10.0.0.1:80|s");
  EXPECT_TRUE(absl::IsInvalidArgument(MetricLine("meter", "m", {"1"}, {}).status()));
}

TEST(StatsdLineTest, TimersTakeDurations) {
  EXPECT_EQ(*MetricLine("timer", "m", {"1.5s", "250ms", "2m"}, {}), "m:1500:250:120000|ms");
}

TEST(StatsdLineTest, RefusesWhatWouldBreakTheLineOrTheAgentWouldRefuse) {
  const auto why = [](absl::string_view name, const std::string& value, std::vector<std::string> tags) {
    return std::string(MetricLine("counter", name, {value}, {.tags = std::move(tags), .rate = 1, .unix_seconds = {}})
                           .status()
                           .message());
  };
  EXPECT_THAT(why("a|b", "1", {}), HasSubstr("a name"));
  EXPECT_THAT(why("a:b", "1", {}), HasSubstr("a name"));
  EXPECT_THAT(why("a\nb", "1", {}), HasSubstr("line end"));
  EXPECT_THAT(why("a", "1|c", {}), HasSubstr("a value"));
  EXPECT_THAT(why("a", "1", {"x|y"}), HasSubstr("a tag"));
  EXPECT_THAT(why("a", "nan", {}), HasSubstr("bad_value"));
  EXPECT_THAT(why("", "1", {}), HasSubstr("no_name"));
}

TEST(StatsdLineTest, EventsCountBytesAndEscapeLineEnds) {
  const EventWords event = {.title = "\xC3\xA9t\xC3\xA9", .text = "a\nb|c", .alert_type = "error", .priority = "low"};
  EXPECT_EQ(*EventLine(event, {.tags = {"t:u"}, .rate = 1, .unix_seconds = {}}),
            "_e{5,6}:\xC3\xA9t\xC3\xA9|a\\nb|c|p:low|t:error|#t:u");
  EXPECT_FALSE(EventLine(EventWords{}, {}).ok());
}

TEST(StatsdLineTest, ChecksTakeWordsAndNumbers) {
  EXPECT_EQ(*CheckLine({.name = "db.up", .status = "critical", .host = "web-1", .message = "m: no\nanswer"}, {}),
            "_sc|db.up|2|h:web-1|m:m\\: no\\nanswer");
  EXPECT_EQ(*CheckLine({.name = "db.up", .status = "3"}, {}), "_sc|db.up|3");
  EXPECT_FALSE(CheckLine({.name = "db.up", .status = "4"}, {}).ok());
}

}  // namespace
}  // namespace tributary
