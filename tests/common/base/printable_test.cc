#include "common/base/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace tributary {
namespace {

TEST(PrintableTest, LeavesReadableTextAlone) {
  for (const std::string text : {"", "api.latency:12|ms|#region:eu", "Zürich", "東京", "🙂", "a\\nb \"c\""}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(PrintableTest, ShowsControlCharactersAsTheirBytes) {
  EXPECT_EQ(Printable("a\x1b[31mb\n\x7f"), "a\\x1b[31mb\\x0a\\x7f");
  EXPECT_EQ(Printable(absl::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(Printable("\xC2\x9B"), "\\xc2\\x9b");  // U+009B, which terminals take for ESC [
}

// Markus Kuhn's UTF-8 stress test, sections 2 to 5, by their kinds.
TEST(PrintableTest, ShowsWhatIsNoUtf8AsItsBytes) {
  EXPECT_EQ(Printable("\x80z"), "\\x80z");                           // a lone continuation
  EXPECT_EQ(Printable("\xC3"), "\\xc3");                             // cut short
  EXPECT_EQ(Printable("\xE2\x82z"), "\\xe2\\x82z");                  // cut by another character
  EXPECT_EQ(Printable("\xC0\xAF"), "\\xc0\\xaf");                    // overlong '/'
  EXPECT_EQ(Printable("\xE0\x80\xAF"), "\\xe0\\x80\\xaf");           // overlong
  EXPECT_EQ(Printable("\xF0\x80\x80\xAF"), "\\xf0\\x80\\x80\\xaf");  // overlong
  EXPECT_EQ(Printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(Printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(Printable("\xFE\xFF"), "\\xfe\\xff");                    // never in UTF-8
}

}  // namespace
}  // namespace tributary
