#include "proxy/query/expression.h"

#include <cstdlib>
#include <limits>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(FormatNumberTest, WritesShortestDigitsWithoutExponent) {
  const std::pair<double, std::string> table[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {123456789, "123456789"},
      {1e21, "1000000000000000000000"},
      {1e-7, "0.0000001"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {-std::numeric_limits<double>::infinity(), "-Inf"},
  };
  for (const auto& [value, text] : table) EXPECT_EQ(FormatNumber(value), text);
}

TEST(FormatNumberTest, HoldsTheLargestAndTheSmallestNumber) {
  for (const double value : {std::numeric_limits<double>::max(), -std::numeric_limits<double>::max(),
                             std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::min()}) {
    const std::string text = FormatNumber(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

}  // namespace
}  // namespace tributary
