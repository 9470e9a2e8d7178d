#include "cli/table.h"

#include <string>

#include "cli/query_table.h"
#include "cli/terminal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using testing::ElementsAre;

QueryAnswer ByRegion() {
  QueryAnswer answer;
  answer.series = {{.labels = {{"quantile", "0.5"}, {"region", "eu"}}, .points = {{.value = "12.5"}}},
                   {.labels = {{"quantile", "0.999"}, {"region", "eu"}}, .points = {{.value = "1234567.25"}}},
                   {.labels = {{"quantile", "0.5"}, {"region", "us-east"}}, .points = {{.value = "0.1234567891"}}},
                   {.labels = {{"quantile", "0.999"}, {"region", "us-east"}}, .points = {{.value = "NaN"}}}};
  return answer;
}

TEST(TableTest, HasARowPerGroupAndAColumnPerPercentile) {
  EXPECT_EQ(AlignedText(TableOf(ByRegion()), false),
            "REGION        P50    P99.9\n"
            "eu           12.5  1234567\n"
            "us-east  0.123457      NaN\n");
}

TEST(TableTest, WritesCsvWithAllDigits) {
  EXPECT_EQ(CsvText(TableOf(ByRegion())),
            "region,p50,p99.9\r\n"
            "eu,12.5,1234567.25\r\n"
            "us-east,0.1234567891,NaN\r\n");
}

TEST(TableTest, PutsLabelsBeforeValuesAndADashWhereThereIsNone) {
  QueryAnswer answer;
  answer.series = {{.labels = {}, .points = {{.value = "1"}}},
                   {.labels = {{"b", "y"}}, .points = {{.value = "2"}}},
                   {.labels = {{"a", "x"}}, .points = {{.value = "3"}}}};
  EXPECT_EQ(AlignedText(TableOf(answer), false),
            "B  A  VALUE\n"
            "-  -      1\n"
            "y  -      2\n"
            "-  x      3\n");
}

TEST(TableTest, MarksTitlesOnlyWhenAsked) {
  QueryAnswer answer;
  answer.series = {{.labels = {}, .points = {{.value = "1"}}}};
  EXPECT_EQ(AlignedText(TableOf(answer), true), "\033[1mVALUE\033[0m\n    1\n");
}

TEST(TableTest, LetsNoLabelSpeakToTheTerminal) {
  QueryAnswer answer;
  answer.series = {{.labels = {{"a", "x\033[31m\ny\u009by\u00e9"}}, .points = {{.value = "1"}}}};
  EXPECT_EQ(AlignedText(TableOf(answer), false),
            "A                         VALUE\n"
            "x\\x1b[31m\\x0ay\\xc2\\x9by\u00e9      1\n");
}

TEST(TableTest, ShortensTheWidestTextsToFitAndKeepsNumbersWhole) {
  const Table table = {.columns = {{"name"}, {"reason"}, {"count", true}},
                       .rows = {{"a.metric.with.a.long.name", "because", "1,234,567"}}};
  EXPECT_EQ(AlignedText(table, false, 34),
            "NAME            REASON       COUNT\n"
            "a.metric.with\u2026  because  1,234,567\n");
}

TEST(TableTest, QuotesCsvFieldsThatNeedIt) {
  QueryAnswer answer;
  answer.series = {{.labels = {{"a", "x,\"y\"\n"}}, .points = {{.value = "1"}}}};
  EXPECT_EQ(CsvText(TableOf(answer)), "a,value\r\n\"x,\"\"y\"\"\n\",1\r\n");
}

TEST(TableTest, AlignsWideCharacters) {
  const Table table = {.columns = {{"city"}, {"n", true}}, .rows = {{"東京", "1"}, {"Zürich", "22"}, {"e\u0301", "3"}}};
  EXPECT_EQ(AlignedText(table, false),
            "CITY     N\n"
            "東京     1\n"
            "Zürich  22\n"
            "e\u0301        3\n");
}

TEST(TableTest, CutsWideCharactersWhole) {
  EXPECT_EQ(Shortened("東京都港区", 6), "東京…");
  EXPECT_EQ(ScreenWidth("東京…"), 5u);
}

TEST(TableTest, ShowsSixDigitsWithoutLosingWholeNumbers) {
  QueryAnswer answer;
  for (const char* value : {"99999.96", "123456.7", "1000000", "0.00012345678", "-3.5", "+Inf"}) {
    answer.series.push_back({.labels = {{"n", std::to_string(answer.series.size())}}, .points = {{.value = value}}});
  }
  EXPECT_EQ(AlignedText(TableOf(answer), false),
            "N        VALUE\n"
            "0       100000\n"
            "1       123457\n"
            "2      1000000\n"
            "3  0.000123457\n"
            "4         -3.5\n"
            "5         +Inf\n");
}

TEST(TerminalTest, LongLinesGoOnInTheNextRow) {
  EXPECT_THAT(Wrapped("short", 10), ElementsAre("short"));
  EXPECT_THAT(Wrapped("exactly 10", 10), ElementsAre("exactly 10"));
  EXPECT_THAT(Wrapped("a problem of long words", 12), ElementsAre("a problem of", "long words"));
  EXPECT_THAT(Wrapped("a problem of long words", 13), ElementsAre("a problem of", "long words"));
  EXPECT_THAT(Wrapped("a 345678901234", 10), ElementsAre("a 34567890", "1234"));  // the space comes too early
  EXPECT_THAT(Wrapped("größergrößer", 6), ElementsAre("größer", "größer"));
  EXPECT_THAT(Wrapped("\033[1mbold bold\033[0m plain", 9), ElementsAre("\033[1mbold bold\033[0m", "plain"));
  EXPECT_THAT(Wrapped("any", 0), ElementsAre("any"));
}

}  // namespace
}  // namespace tributary
