#include "common/statsd/decimal.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

std::optional<uint64_t> BitsOf(absl::string_view text) {
  double number = 0;
  if (!ReadDecimal(text, number)) return std::nullopt;
  return std::bit_cast<uint64_t>(number);
}

std::optional<uint64_t> BitsByFromChars(const std::string& text) {
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return std::bit_cast<uint64_t>(number);
}

TEST(DecimalTest, ReadsSignsFractionsAndExponents) {
  struct Row {
    absl::string_view text;
    double number;
  };
  const Row rows[] = {{"0", 0},
                      {"7", 7},
                      {"+7", 7},
                      {"-7", -7},
                      {"15.5", 15.5},
                      {".5", 0.5},
                      {"5.", 5},
                      {"-.25", -0.25},
                      {"1e3", 1000},
                      {"+1.5E-1", 0.15},
                      {"007", 7},
                      {"0.1", 0.1},
                      {"1234567890", 1234567890},
                      {"999999999999999", 999999999999999}};
  for (const Row& row : rows) EXPECT_EQ(BitsOf(row.text), std::bit_cast<uint64_t>(row.number)) << row.text;
}

TEST(DecimalTest, KeepsTheSignOfZero) {
  EXPECT_EQ(BitsOf("-0"), std::bit_cast<uint64_t>(-0.0));
  EXPECT_EQ(BitsOf("-0.0"), std::bit_cast<uint64_t>(-0.0));
}

TEST(DecimalTest, RefusesWhatIsNoFiniteDecimal) {
  for (const absl::string_view text :
       {"",    "+",     "-",      ".",     "+.",  "-.",   "..",       "1.2.3", "1..", "--1",
        "+-1", "-+1",   "++1",    "nan",   "inf", "-inf", "infinity", "0x10",  "1e",  "1e+",
        "e5",  "1e400", "-1e400", "1_000", "1,5", " 1",   "1 ",       "1f",    "12a"}) {
    EXPECT_EQ(BitsOf(text), std::nullopt) << text;
  }
}

// Every way to put a point into so many digits, or none.
TEST(DecimalTest, ReadsAsFromCharsDoes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2'000'000; ++i) {
    std::string text;
    const size_t length = 1 + random() % 19;
    for (size_t n = 0; n < length; ++n) text.push_back(static_cast<char>('0' + random() % 10));
    if (random() % 4 != 0) text.insert(random() % (length + 1), ".");
    if (random() % 8 == 0) absl::StrAppend(&text, "e", static_cast<int>(random() % 40) - 20);
    if (random() % 4 == 0) text.insert(0, "-");
    ASSERT_EQ(BitsOf(text), BitsByFromChars(text)) << text;
  }
}

// And what is no number, or nearly one.
TEST(DecimalTest, RefusesAsFromCharsDoes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1'000'000; ++i) {
    std::string text;
    const size_t length = random() % 8;
    for (size_t n = 0; n < length; ++n) text.push_back("0123456789..-e:|/"[random() % 17]);
    ASSERT_EQ(BitsOf(text), BitsByFromChars(text)) << text;
  }
}

}  // namespace
}  // namespace tributary
