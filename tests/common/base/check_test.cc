#include "common/base/check.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(CheckTest, ABrokenInvariantStopsTheProcessAndNamesItself) {
  TRIBUTARY_CHECK(1 + 1 == 2);
  EXPECT_DEATH(TRIBUTARY_CHECK(1 + 1 == 3), "check_test.cc.*1 \\+ 1 == 3");
}

// In a process of its own: the first words stay.
TEST(CheckTest, TheFirstWordsAreTheLastWords) {
  EXPECT_EXIT(
      {
        const std::string none = LastWords();
        SetLastWords(std::string(1000, 'x').c_str());
        SetLastWords("later");
        std::exit(none.empty() && LastWords() == std::string(500, 'x') ? 7 : 1);
      },
      ::testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace tributary
