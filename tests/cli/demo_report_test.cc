#include "cli/demo_report.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

// A report into memory.
class DemoReportTest : public testing::Test {
 protected:
  DemoReportTest()
      : out_(open_memstream(&text_, &size_)), report_(out_, IntervalScale(absl::Seconds(5)), {0.5, 0.99}) {}
  ~DemoReportTest() override {
    std::fclose(out_);
    std::free(text_);
  }
  std::string Text() {
    std::fflush(out_);
    return text_;
  }
  static DemoFindings Good() {
    return {.exact = {1, 2}, .answered = {1, 2}, .max_rank_error = 0.0009, .set_error = 0.03, .complete = true};
  }

  char* text_ = nullptr;
  size_t size_ = 0;
  std::FILE* out_;
  DemoReport report_;
};

TEST_F(DemoReportTest, EverythingWithinTheBarsIsOk) {
  report_.AddInterval(100, 10, Good());
  report_.AddRun(Good());
  report_.AddBooks({.accepted = 10, .committed = 10}, 10, 0);
  EXPECT_TRUE(report_.PrintVerdict());
  EXPECT_THAT(Text(), HasSubstr("verdict   OK"));
}

TEST_F(DemoReportTest, AnythingBeyondABarIsNotOk) {
  const auto verdict = [](const DemoFindings& findings, const AgentBooks& books, uint64_t lost) {
    DemoReport report(stderr, IntervalScale(absl::Seconds(5)), {0.5, 0.99});
    report.AddInterval(100, 10, findings);
    report.AddBooks(books, 10, lost);
    return report.PrintVerdict();
  };
  const AgentBooks balanced{.accepted = 10, .committed = 10};
  ASSERT_TRUE(verdict(Good(), balanced, 0));
  DemoFindings findings = Good();
  findings.max_rank_error = 0.0011;
  EXPECT_FALSE(verdict(findings, balanced, 0));
  findings = Good();
  findings.counters_off = -1;
  EXPECT_FALSE(verdict(findings, balanced, 0));
  findings = Good();
  findings.set_error = 0.036;
  EXPECT_FALSE(verdict(findings, balanced, 0));
  findings = Good();
  findings.complete = false;
  EXPECT_FALSE(verdict(findings, balanced, 0));
  EXPECT_FALSE(verdict(Good(), {.accepted = 9, .committed = 9}, 0));
  EXPECT_FALSE(verdict(Good(), {.accepted = 10, .committed = 9}, 0));
  EXPECT_FALSE(verdict(Good(), {.accepted = 10, .committed = 9, .dropped = 1}, 0));
  EXPECT_FALSE(verdict(Good(), balanced, 1));
}

TEST_F(DemoReportTest, TheRankErrorOfAnIntervalCutShortIsToldButNotJudged) {
  DemoFindings findings = Good();
  findings.max_rank_error = 0.01;
  findings.cut_short = true;
  report_.AddInterval(100, 10, findings);
  EXPECT_TRUE(report_.PrintVerdict());
  EXPECT_THAT(Text(), HasSubstr("1.0000 pt"));
  findings.counters_off = 1;
  report_.AddInterval(101, 10, findings);
  EXPECT_FALSE(report_.PrintVerdict());
}

TEST_F(DemoReportTest, ARunWithoutIntervalsIsNotOk) { EXPECT_FALSE(report_.PrintVerdict()); }

TEST_F(DemoReportTest, ALineShowsClusterBesideExact) {
  report_.PrintHeader();
  report_.AddInterval(100, 50,
                      {.exact = {40.5, 900}, .answered = {40.25, 901}, .max_rank_error = 0.0004, .complete = true});
  EXPECT_THAT(Text(), HasSubstr("40.250 / 40.500"));
  EXPECT_THAT(Text(), HasSubstr("901.000 / 900.000"));
  EXPECT_THAT(Text(), HasSubstr("0.0400 pt"));
  EXPECT_THAT(Text(), HasSubstr("        10 "));  // samples per second
}

TEST_F(DemoReportTest, TheRankErrorIsTheWorstOfTheQuantiles) {
  EXPECT_DOUBLE_EQ(report_.MaxRankError({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {5, 7.5}), 0.29);
}

}  // namespace
}  // namespace tributary
