#include "local/source/host/kernel_text.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

TEST(KernelTextTest, TakesLinesOffTheFront) {
  absl::string_view text = "one\n\nthree";
  EXPECT_EQ(NextLine(text), "one");
  EXPECT_EQ(NextLine(text), "");
  EXPECT_EQ(NextLine(text), "three");
  EXPECT_EQ(NextLine(text), "");
  EXPECT_TRUE(text.empty());
}

TEST(KernelTextTest, TakesFieldsOffTheFrontWhateverTheBlanks) {
  absl::string_view line = "  4769\t0 \t2466170  ";
  EXPECT_EQ(NextField(line), "4769");
  EXPECT_EQ(NextField(line), "0");
  EXPECT_EQ(NextField(line), "2466170");
  EXPECT_EQ(NextField(line), "");
  EXPECT_EQ(NextField(line), "");
}

TEST(KernelTextTest, CountsAreOf64BitsWithoutSign) {
  EXPECT_EQ(ParseCount("0"), 0u);
  EXPECT_EQ(ParseCount("18446744073709551615"), 18446744073709551615u);
  for (const char* text : {"", "-1", "+1", "1.5", "0x10", "max", "18446744073709551616", "1 ", " 1", "kB"}) {
    EXPECT_FALSE(ParseCount(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tributary
