#include "cli/time_chart.h"

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

TEST(SparklineTest, GoesFromTheLeastToTheMost) {
  EXPECT_EQ(Sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(Sparkline({-5, 5}, 8), "▁█");
}

TEST(SparklineTest, LeavesGapsAndTakesEqualValuesForLow) {
  EXPECT_EQ(Sparkline({1, NAN, 2}, 8), "▁ █");
  EXPECT_EQ(Sparkline({3, 3, 3}, 8), "▁▁▁");
  EXPECT_EQ(Sparkline({NAN}, 8), " ");
  EXPECT_EQ(Sparkline({}, 8), "");
  EXPECT_EQ(Sparkline({1, INFINITY, 2}, 8), "▁ █");
}

TEST(SparklineTest, KeepsPeaksWhenThereIsLittleRoom) {
  std::vector<double> values(1000, 1);
  values[501] = 9;
  EXPECT_EQ(Sparkline(values, 4), "▁▁█▁");
}

absl::Time At(int seconds) { return absl::FromUnixSeconds(1'780'000'000 + seconds); }

class TimeChartTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    setenv("TZ", "UTC", 1);
    tzset();
  }
  static ChartFrame Frame() {
    return {.start = At(0), .end = At(60), .step = absl::Seconds(10), .columns = 30, .rows = 4, .style = Style(false)};
  }
};

TEST_F(TimeChartTest, DrawsALineBetweenAxes) {
  const ChartSeries line = {.name = "p99", .points = {{At(0), 0}, {At(60), 100}}};
  ChartFrame frame = Frame();
  frame.step = absl::Seconds(60);
  EXPECT_EQ(TimeChartText({line}, frame),
            "100 ┤                   ⣀⡠⠤⠔⠒⠉\n"
            " 50 ┤            ⢀⣀⠤⠤⠒⠊⠉\n"
            "    │      ⣀⡠⠤⠒⠒⠉⠁\n"
            "  0 ┤⣀⠤⠔⠒⠊⠉\n"
            "     20:26:40         20:27:40\n"
            "  ● p99\n");
}

TEST_F(TimeChartTest, LeavesGapsOpen) {
  // Nothing between 20 s and 50 s: the points at each side, and nothing else.
  const ChartSeries line = {.name = "", .points = {{At(0), 1}, {At(10), 1}, {At(20), NAN}, {At(60), 1}}};
  const std::string text = TimeChartText({line}, Frame());
  EXPECT_THAT(text, HasSubstr("┤⠉⠉⠉⠉⠁                   ⠈\n")) << text;
  EXPECT_THAT(text, HasSubstr("● value\n"));
}

TEST_F(TimeChartTest, TellsSeriesApartByLettersWithoutColours) {
  const std::vector<ChartSeries> lines = {{.name = "eu", .points = {{At(0), 10}, {At(10), 10}}},
                                          {.name = "us", .points = {{At(0), 0}, {At(10), 0}}}};
  const std::string text = TimeChartText(lines, Frame());
  EXPECT_THAT(text, HasSubstr("10 ┤aaaaa\n")) << text;
  EXPECT_THAT(text, HasSubstr(" 0 ┤bbbbb\n")) << text;
  EXPECT_THAT(text, HasSubstr("\n  a eu  b us\n")) << text;
}

TEST_F(TimeChartTest, TellsSeriesApartByColours) {
  ChartFrame frame = Frame();
  frame.style = Style(true);
  const std::vector<ChartSeries> lines = {{.name = "eu", .points = {{At(0), 10}}},
                                          {.name = "us", .points = {{At(0), 0}}}};
  const std::string text = TimeChartText(lines, frame);
  EXPECT_THAT(text, HasSubstr("\033[36m●\033[0m eu  \033[33m●\033[0m us\n")) << text;
}

TEST_F(TimeChartTest, DrawsTheHighestOfMany) {
  std::vector<ChartSeries> lines;
  for (int i = 0; i < 9; ++i) lines.push_back({.name = absl::StrCat("s", i), .points = {{At(0), i == 0 ? 100 : i}}});
  const std::string text = TimeChartText(lines, Frame());
  EXPECT_THAT(text, HasSubstr("a s0  b s4  c s5  d s6  e s7\n  f s8\n  6 of 9 series, those with the highest peaks\n"))
      << text;
}

TEST_F(TimeChartTest, NoLineIsLongerThanTheScreen) {
  for (const size_t columns : {24, 40, 80, 200}) {
    ChartFrame frame = Frame();
    frame.columns = columns;
    const std::vector<ChartSeries> lines = {
        {.name = std::string(300, 'x'), .points = {{At(0), 123456.5}, {At(10), 123456.75}, {At(60), 123457}}},
        {.name = "東京東京東京東京東京東京東京", .points = {{At(0), 123456.5}}}};
    for (const absl::string_view line : absl::StrSplit(TimeChartText(lines, frame), '\n')) {
      EXPECT_LE(ScreenWidth(line), columns) << line;
    }
  }
}

TEST_F(TimeChartTest, TicksAreRoundNumbersAroundTheData) {
  const ChartSeries line = {.name = "x", .points = {{At(0), 983.2}, {At(60), 1041.7}}};
  ChartFrame frame = Frame();
  frame.rows = 12;
  const std::string text = TimeChartText({line}, frame);
  for (const char* tick : {" 980 ┤", "1000 ┤", "1020 ┤", "1040 ┤", "1060 ┤"})
    EXPECT_THAT(text, HasSubstr(tick)) << text;
}

TEST_F(TimeChartTest, DrawsNothingOfNothing) {
  EXPECT_EQ(TimeChartText({}, Frame()), "");
  EXPECT_EQ(TimeChartText({{.name = "x", .points = {{At(0), NAN}, {At(10), INFINITY}}}}, Frame()), "");
}

TEST_F(TimeChartTest, OneMomentIsAChartToo) {
  ChartFrame frame = Frame();
  frame.end = frame.start;
  EXPECT_THAT(TimeChartText({{.name = "x", .points = {{At(0), -3}}}}, frame), HasSubstr("20:26:40\n"));
}

}  // namespace
}  // namespace tributary
