#include "common/config/units.h"

#include <gtest/gtest.h>

#include <optional>

namespace tributary {
namespace {

struct DurationCase {
  const char* text;
  std::optional<absl::Duration> duration;
};

TEST(UnitsTest, DurationsAreReadAsWritten) {
  const DurationCase cases[] = {
      {"10s", absl::Seconds(10)},
      {"1h30m", absl::Minutes(90)},
      {"250ms", absl::Milliseconds(250)},
      {"1.5s", absl::Milliseconds(1500)},
      {"0", absl::ZeroDuration()},
      {"0s", absl::ZeroDuration()},
      {"30d", absl::Hours(720)},
      {"0d", absl::ZeroDuration()},
      {"", std::nullopt},
      {"10", std::nullopt},
      {"ten", std::nullopt},
      {"10 s", std::nullopt},
      {"-1s", std::nullopt},
      {"-1d", std::nullopt},
      {"inf", std::nullopt},
      {"d", std::nullopt},
      {"9223372036854775807d", std::nullopt},
  };
  for (const DurationCase& c : cases) EXPECT_EQ(ParseDuration(c.text), c.duration) << c.text;
}

struct ByteSizeCase {
  const char* text;
  std::optional<uint64_t> bytes;
};

TEST(UnitsTest, ByteSizesAreReadAsWritten) {
  const ByteSizeCase cases[] = {
      {"0", 0},
      {"4096", 4096},
      {"17B", 17},
      {"8KB", 8'000},
      {"8KiB", 8'192},
      {"64MiB", 67'108'864},
      {"64 MiB", 67'108'864},
      {"1.5GiB", 1'610'612'736},
      {"2TB", 2'000'000'000'000},
      {"1TiB", 1'099'511'627'776},
      {"8388607TiB", 9'223'370'937'343'148'032},
      {"8388608TiB", std::nullopt},
      {"9223372036854775808", std::nullopt},
      {"1e400", std::nullopt},
      {"", std::nullopt},
      {"KiB", std::nullopt},
      {".", std::nullopt},
      {"1.2.3MB", std::nullopt},
      {"-1", std::nullopt},
      {"64mib", std::nullopt},
      {"64M", std::nullopt},
      {"64MiB/s", std::nullopt},
      {"nan", std::nullopt},
  };
  for (const ByteSizeCase& c : cases) EXPECT_EQ(ParseByteSize(c.text), c.bytes) << c.text;
}

TEST(UnitsTest, ByteSizesAreShownWithTheLargestUnitThatDivides) {
  EXPECT_EQ(FormatByteSize(0), "0B");
  EXPECT_EQ(FormatByteSize(65'536), "64KiB");
  EXPECT_EQ(FormatByteSize(1'000), "1KB");
  EXPECT_EQ(FormatByteSize(1'001), "1001B");
  EXPECT_EQ(FormatByteSize(1'073'741'824), "1GiB");
}

TEST(UnitsTest, ShownByteSizesAreReadBack) {
  for (const uint64_t bytes : {1ULL, 999ULL, 1'024ULL, 5'000'000ULL, 3ULL << 41, (1ULL << 63) - 1}) {
    EXPECT_EQ(ParseByteSize(FormatByteSize(bytes)), bytes);
  }
}

}  // namespace
}  // namespace tributary
