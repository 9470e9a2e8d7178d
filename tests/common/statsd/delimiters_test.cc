#include "common/statsd/delimiters.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

void ExpectAsSearched(const std::string& line) {
  const Delimiters delimiters(line);
  for (size_t from = 0; from <= line.size(); ++from) {
    ASSERT_EQ(delimiters.FindColon(from), line.find(':', from)) << line << " from " << from;
    ASSERT_EQ(delimiters.FindPipe(from), line.find('|', from)) << line << " from " << from;
  }
}

TEST(DelimitersTest, FindsEachOfALine) {
  const Delimiters delimiters("api.latency:12:15.5|ms|#region:eu");
  EXPECT_EQ(delimiters.FindColon(0), 11u);
  EXPECT_EQ(delimiters.FindColon(12), 14u);
  EXPECT_EQ(delimiters.FindPipe(0), 19u);
  EXPECT_EQ(delimiters.FindPipe(20), 22u);
  EXPECT_EQ(delimiters.FindPipe(23), absl::string_view::npos);
}

// One delimiter at every place of lines of every length about the blocks' bounds.
TEST(DelimitersTest, FindsOneAnywhere) {
  for (size_t size = 0; size < 140; ++size) {
    for (size_t place = 0; place < size; ++place) {
      for (const char delimiter : {':', '|'}) {
        std::string line(size, 'x');
        line[place] = delimiter;
        ExpectAsSearched(line);
      }
    }
  }
}

// Copied to its size, so that a sanitizer tells when bytes beside the line are read.
TEST(DelimitersTest, FindsWhatASearchFinds) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string line;
    const size_t size = random() % 100;
    for (size_t n = 0; n < size; ++n) line.push_back(":|ab{}9\xba\xfc\0"[random() % 10]);
    ExpectAsSearched(line);
  }
}

}  // namespace
}  // namespace tributary
