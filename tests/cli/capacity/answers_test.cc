#include <string>

#include "cli/capacity/answer_text.h"
#include "cli/capacity/capacity_api.h"
#include "cli/capacity/chart.h"
#include "cli/capacity/report_html.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_file.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

TEST(ChartTest, HistoryForecastAndLimitStandWhereTheyBelong) {
  Chart chart;
  chart.history = {0, 1, 2, 3};
  chart.low = {2, 2};
  chart.middle = {3, 3};
  chart.high = {4, 4};
  chart.limit = 5;
  EXPECT_EQ(ChartText(chart, 40, 6),
            "        5 |======\n"
            "          |    ::\n"
            "          |   *oo\n"
            "        2 |  * ::\n"
            "          | *\n"
            "        0 |*\n"
            "          +------\n");
}

TEST(ChartTest, ManyHoursShareAColumn) {
  Chart chart;
  chart.history.assign(10'000, 7);
  const std::string text = ChartText(chart, 80, 10);
  for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
    EXPECT_LE(text.find('\n', begin) - begin, 80u);
  }
  EXPECT_EQ(ChartText({}, 80, 10), "");
}

TEST(TimeWordTest, LocalTimesBecomeUnixSecondsOthersStay) {
  EXPECT_EQ(*TimeWord("2026-01-15T09:00:00Z"), "2026-01-15T09:00:00Z");
  EXPECT_EQ(*TimeWord("1767225600"), "1767225600");
  const absl::Time nine = absl::FromCivil(absl::CivilMinute(2026, 1, 15, 9, 0), absl::LocalTimeZone());
  EXPECT_EQ(*TimeWord("2026-01-15T09:00"), std::to_string(absl::ToUnixSeconds(nine)));
  EXPECT_FALSE(TimeWord("2026-02-30T09:00").ok());
  EXPECT_FALSE(TimeWord("soon").ok());
}

TEST(DependsWordTest, FileOfPairs) {
  EXPECT_EQ(*DependsWord("auto"), "auto");
  EXPECT_EQ(*DependsWord("db:1.8"), "db:1.8");
  const TempFile file("# requests there for one here\ndb: 1.8\n\ncache,0.4\n");
  EXPECT_EQ(*DependsWord(file.path()), "db:1.8,cache:0.4");
  const TempFile wrong("nothing\n");
  EXPECT_FALSE(DependsWord(wrong.path()).ok());
  EXPECT_THAT(std::string(DependsWord("/no/such/file").status().message()), HasSubstr("--depends /no/such/file"));
}

Json Launch(const std::string& verdict) {
  return Json::parse(R"({
    "service": "<api>", "verdict": ")" +
                     verdict + R"(", "probability": 0.2, "summary": ")" + verdict + R"( (20 %): cpu of <api>",
    "first_to_break": {"service": "<api>", "name": "cpu", "host": "web\u001b[31m-7", "load": 2560, "multiplier": 3.2},
    "demand": {"usual_p50": 800, "usual_p90": 850, "launch_p50": 3200, "launch_p90": 3400, "host_p95": 860,
               "highest_seen_host": 760, "reach": 1.25, "burst": 1},
    "checks": [{"service": "<api>", "name": "cpu", "host": "web-7", "unit": "share", "now": 0.25, "expected_p50": 1.0,
                "expected_p90": 1.06, "limit": 0.8, "exceeds": 0.99, "breaks_at": null}],
    "replicas": [{"service": "<api>", "now": 4, "added": 0, "more": 2}], "load_test": null, "budget": null,
    "dependencies": [], "evidence": {"hosts": 4, "peaks": 27, "forecast_method": "week before",
    "backtested_coverage": 0.95, "calibrations": 1, "latency_law": null}, "caveats": ["a < b"], "notes": []})");
}

TEST(AnswerTextTest, LaunchSaysWhatBreaksAndWhatMendsIt) {
  const std::string text = TextOf(LaunchFindings(Launch("NO")), "table");
  EXPECT_THAT(text,
              HasSubstr("First to break: cpu of <api>, on web\\x1b[31m-7, at 2560 a second (3.2 times the usual)."));
  EXPECT_THAT(text, HasSubstr("To be sure at 95 %: 2 replicas of <api> more (now 4)."));
  EXPECT_THAT(text, HasSubstr("99.0%"));
  EXPECT_THAT(VerdictLine(Launch("NO"), Style(false)), HasSubstr("NO (20 %): cpu"));
  EXPECT_THAT(VerdictLine(Launch("NO"), Style(true)), HasSubstr("\033[1;31mNO\033[0m (20 %)"));
}

TEST(ReportTest, OneFileWithoutScriptInWhichNothingOfTheClusterIsMarkup) {
  ReportParts parts;
  parts.title = "Capacity of <script>alert(1)</script>";
  parts.launch = Launch("NO");
  parts.headroom_error = "no resource has rows & nothing <b>else</b>";
  const std::string html = ReportHtml(parts);
  EXPECT_THAT(html, HasSubstr("<p class=\"verdict NO\">NO</p>"));
  EXPECT_THAT(html, HasSubstr("&lt;api&gt;"));
  EXPECT_THAT(html, HasSubstr("rows &amp; nothing &lt;b&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<api>")));
  EXPECT_THAT(html, Not(HasSubstr("What demand to expect"))) << "it was not asked for";
}

}  // namespace
}  // namespace tributary
