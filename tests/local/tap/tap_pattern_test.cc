#include "local/tap/tap_pattern.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

bool Matches(absl::string_view pattern, absl::string_view line) {
  const auto parsed = TapPattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() && parsed->Matches(line);
}

TEST(TapPatternTest, MatchesWhatTheTableSays) {
  const struct {
    absl::string_view pattern;
    absl::string_view line;
    bool matches;
  } kCases[] = {
      {"*", "api.latency:12|ms", true},
      {"*", "\xff\x00 noise", true},
      {"*", "", true},
      {"api.*", "api.latency:12|ms", true},
      {"api.*", "web.latency:12|ms|#name:api.x", false},
      {"api.latency", "api.latency:12|ms|@0.1|#a", true},
      {"api.latency", "api.latency2:12|ms", false},
      {"api.*{region:eu}", "api.latency:12|ms|#host:a,region:eu", true},
      {"api.*{region:eu}", "api.latency:12|ms|#region:eu|c:ci-1", true},
      {"api.*{region:eu}", "api.latency:12|ms|#region:eu1", false},
      {"api.*{region:eu}", "api.latency:12|ms", false},
      {"api.*{region:eu*,canary}", "api.latency:12|ms|#canary,region:eu1", true},
      {"api.*{region:eu*,canary}", "api.latency:12|ms|#region:eu1", false},
      {"{region:eu}", "any:1|c|#region:eu", true},
      {"api.*{}", "api.latency:12|ms", true},
      {"db.up", "_sc|db.up|0", true},
      {"db.up", "_sc|db.down|0", false},
      {"_e*", "_e{5,4}:title|text", true},
      {"api.*", "api.latency", true},          // no ':': the whole text is its name
      {"api.latency", "api.latency|c", true},  // refused: no value
      {"api.latency", "api.latency:nan|c", true},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Matches(c.pattern, c.line), c.matches) << c.pattern << " on " << c.line;
  }
}

TEST(TapPatternTest, RefusesWhatCannotBeMeant) {
  EXPECT_FALSE(TapPattern::Parse("").ok());
  EXPECT_FALSE(TapPattern::Parse("api.*{region:eu").ok());
  EXPECT_FALSE(TapPattern::Parse("api.*{region:eu}x").ok());
  EXPECT_FALSE(TapPattern::Parse(std::string(1025, 'a')).ok());
  std::string many = "{";
  for (int i = 0; i < 17; ++i) absl::StrAppend(&many, "t", i, ",");
  EXPECT_FALSE(TapPattern::Parse(absl::StrCat(many, "}")).ok());
}

}  // namespace
}  // namespace tributary
