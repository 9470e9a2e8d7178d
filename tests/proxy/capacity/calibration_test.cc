#include "proxy/capacity/calibration.h"

#include <map>
#include <string>

#include "common/base/clock.h"
#include "gtest/gtest.h"
#include "proxy/capacity/cluster_calibrations.h"

namespace tributary {
namespace {

// What globals keep, by their ids; those in `away` do not answer.
class FakeKeeper : public NoteKeeper {
 public:
  std::vector<NotesAnswer> ExchangeNotes(const std::vector<Member>& globals, const v1::NotesRequest& request,
                                         absl::Duration) override {
    std::vector<NotesAnswer> answers;
    for (const Member& global : globals) {
      NotesAnswer& answer = answers.emplace_back();
      answer.global = global;
      if (away.count(global.id) > 0) {
        answer.status = absl::DeadlineExceededError("no answer");
        continue;
      }
      auto& notes = kept[global.id];
      for (const v1::Note& note : request.notes()) {
        const auto known = notes.find(note.key());
        if (known == notes.end() || known->second.revised_unix_ms() < note.revised_unix_ms()) notes[note.key()] = note;
      }
      for (const auto& [key, note] : notes) *answer.response.add_notes() = note;
    }
    return answers;
  }
  std::map<std::string, std::map<std::string, v1::Note>> kept;
  std::map<std::string, bool> away;
};

class CalibrationTest : public ::testing::Test {
 protected:
  Calibration Of(int hour) const {
    return {.service = "api",
            .from = absl::FromUnixSeconds(3600 * hour),
            .to = absl::FromUnixSeconds(3600 * hour + 600),
            .redline = false,
            .note = ""};
  }
  FakeKeeper keeper_;
  ManualClock clock_{absl::FromUnixSeconds(1'000'000)};
  ClusterCalibrations book_{keeper_, [] { return std::vector<Member>{{"g0", "a:1"}, {"g1", "a:2"}}; }, clock_};
};

TEST_F(CalibrationTest, JsonReadsBack) {
  Calibration calibration = Of(5);
  calibration.redline = true;
  calibration.note = "black friday \"dry run\"";
  const auto read = Calibration::FromJson(calibration.ToJson());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->Id(), calibration.Id());
  EXPECT_TRUE(read->redline);
  EXPECT_EQ(read->note, calibration.note);
  EXPECT_FALSE(Calibration::FromJson("{}").ok());
  EXPECT_FALSE(Calibration::FromJson("nonsense").ok());
}

TEST_F(CalibrationTest, EveryGlobalKeepsThem) {
  ASSERT_TRUE(book_.Add(Of(7)).ok());
  ASSERT_TRUE(book_.Add(Of(5)).ok());
  EXPECT_EQ(keeper_.kept["g0"].size(), 2u);
  EXPECT_EQ(keeper_.kept["g1"].size(), 2u);
  const auto listed = book_.List();
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[0].from, Of(5).from) << "by time";
}

TEST_F(CalibrationTest, GlobalWithANewDiskGetsThemAgain) {
  ASSERT_TRUE(book_.Add(Of(7)).ok());
  keeper_.kept["g1"].clear();
  EXPECT_EQ(book_.List()->size(), 1u);
  EXPECT_EQ(keeper_.kept["g1"].size(), 1u);
}

TEST_F(CalibrationTest, WhatIsForgottenIsNotBroughtBackByWhoWasAway) {
  ASSERT_TRUE(book_.Add(Of(7)).ok());
  clock_.Advance(absl::Seconds(1));
  keeper_.away["g1"] = true;
  ASSERT_TRUE(book_.Remove(Of(7)).ok());
  keeper_.away.clear();
  EXPECT_TRUE(book_.List()->empty());
  EXPECT_TRUE(book_.List()->empty());
  EXPECT_TRUE(absl::IsNotFound(book_.Remove(Of(7))));
}

TEST_F(CalibrationTest, NobodyAnswersIsUnavailable) {
  keeper_.away = {{"g0", true}, {"g1", true}};
  EXPECT_TRUE(absl::IsUnavailable(book_.List().status()));
  EXPECT_TRUE(absl::IsUnavailable(book_.Add(Of(7))));
}

}  // namespace
}  // namespace tributary
