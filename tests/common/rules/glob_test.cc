#include "common/rules/glob.h"

#include <string>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(GlobTest, WithoutStarsItIsTheTextItself) {
  EXPECT_TRUE(GlobMatches("api.latency", "api.latency"));
  EXPECT_FALSE(GlobMatches("api.latency", "api.latency2"));
  EXPECT_FALSE(GlobMatches("api.latency", "api.latenc"));
  EXPECT_FALSE(GlobMatches("api.latency", "apiXlatency"));
  EXPECT_TRUE(GlobMatches("", ""));
  EXPECT_FALSE(GlobMatches("", "a"));
}

TEST(GlobTest, AStarStandsForAnyBytesAlsoNone) {
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*", "anything"));
  EXPECT_TRUE(GlobMatches("api.*", "api."));
  EXPECT_TRUE(GlobMatches("api.*", "api.a.b"));
  EXPECT_FALSE(GlobMatches("api.*", "api"));
  EXPECT_TRUE(GlobMatches("*.latency", "api.latency"));
  EXPECT_FALSE(GlobMatches("*.latency", "api.latency.p99"));
  EXPECT_TRUE(GlobMatches("a**b", "ab"));
}

TEST(GlobTest, AStarTriesEveryLength) {
  EXPECT_TRUE(GlobMatches("*aab", "aaab"));
  EXPECT_TRUE(GlobMatches("a*b*c", "aXbXbXc"));
  EXPECT_TRUE(GlobMatches("*a*b", "ab_ab"));
  EXPECT_FALSE(GlobMatches("a*b*c", "aXcXb"));
}

TEST(GlobTest, TakesAnyBytes) { EXPECT_TRUE(GlobMatches("\xff*\x01", std::string("\xff\x00\x80\x01", 4))); }

// Trying every split would take longer than the universe has.
TEST(GlobTest, ManyStarsAreCheap) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(1000, 'a')));
}

}  // namespace
}  // namespace tributary
