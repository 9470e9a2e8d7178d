#include "proxy/promql/prom_duration.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(PromDurationTest, ReadsEveryUnit) {
  const std::pair<std::string, absl::Duration> table[] = {
      {"1ms", absl::Milliseconds(1)},
      {"7s", absl::Seconds(7)},
      {"5m", absl::Minutes(5)},
      {"2h", absl::Hours(2)},
      {"1d", absl::Hours(24)},
      {"1w", absl::Hours(168)},
      {"1y", absl::Hours(365 * 24)},
      {"1h30m", absl::Minutes(90)},
      {"1y2w3d4h5m6s7ms", absl::Hours(8760 + 336 + 72 + 4) + absl::Minutes(5) + absl::Milliseconds(6007)},
      {"0s", absl::ZeroDuration()},
      {"10y", absl::Hours(10 * 8760)},
  };
  for (const auto& [text, duration] : table) EXPECT_EQ(ParsePromDuration(text), duration) << text;
}

TEST(PromDurationTest, RefusesEverythingElse) {
  for (const char* text : {"", "5", "m", "5x", "5M", "1m1h", "1m1m", "1.5h", "-5m", "+5m", " 5m", "5m ", "5m,", "11y",
                           "99999999999999999999s", "9223372036854775807y", "1h 30m"}) {
    EXPECT_EQ(ParsePromDuration(text), std::nullopt) << text;
  }
}

TEST(PromDurationTest, WritesTheLargestUnitsFirst) {
  const std::pair<absl::Duration, std::string> table[] = {
      {absl::ZeroDuration(), "0s"},
      {absl::Milliseconds(1500), "1s500ms"},
      {absl::Minutes(90), "1h30m"},
      {absl::Hours(24 * 9), "1w2d"},
      {absl::Hours(8760) + absl::Milliseconds(1), "1y1ms"},
  };
  for (const auto& [duration, text] : table) {
    EXPECT_EQ(FormatPromDuration(duration), text);
    EXPECT_EQ(ParsePromDuration(text), duration);
  }
}

}  // namespace
}  // namespace tributary
