#include "common/base/check.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(CheckTest, ABrokenInvariantStopsTheProcessAndNamesItself) {
  TRIBUTARY_CHECK(1 + 1 == 2);
  EXPECT_DEATH(TRIBUTARY_CHECK(1 + 1 == 3), "check_test.cc.*1 \\+ 1 == 3");
}

}  // namespace
}  // namespace tributary
