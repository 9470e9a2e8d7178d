#include "proxy/http/parameters.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

HttpRequest With(const std::string& text) {
  HttpRequest request;
  request.parameters = {{"p", text}};
  return request;
}

TEST(TimeParameterTest, ReadsUnixSecondsAndRfc3339) {
  const std::pair<std::string, int64_t> table[] = {
      // Unix milliseconds
      {"0", 0},
      {"4", 4000},
      {"1736931600", 1'736'931'600'000},
      {"1736931600.781", 1'736'931'600'781},
      {"1.7369316e9", 1'736'931'600'000},
      {"2025-01-15T09:00:00Z", 1'736'931'600'000},
      {"2025-01-15T10:00:00+01:00", 1'736'931'600'000},
      {"2025-01-15T09:00:00.7819Z", 1'736'931'600'781},
  };
  for (const auto& [text, millis] : table) {
    const auto time = TimeParameter(With(text), "p");
    ASSERT_TRUE(time.ok()) << time.status();
    EXPECT_EQ(*time, absl::FromUnixMillis(millis)) << text;
  }
}

TEST(TimeParameterTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"now", "-1", "1e300", "NaN", "Inf", "2025-01-15", "2025-01-15T09:00:00", "5m", "12345-01-01T00:00:00Z"}) {
    const auto time = TimeParameter(With(text), "p");
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(time.status().message()),
                HasSubstr("the parameter \"p\" is Unix seconds or RFC 3339, not "));
  }
}

TEST(DurationParameterTest, ReadsSecondsAndDurations) {
  const std::pair<std::string, absl::Duration> table[] = {
      {"2.5", absl::Milliseconds(2500)}, {"30", absl::Seconds(30)}, {"1m30s", absl::Seconds(90)}};
  for (const auto& [text, duration] : table) EXPECT_EQ(*DurationParameter(With(text), "p"), duration) << text;
}

TEST(DurationParameterTest, RefusesWhatIsNoDuration) {
  for (const char* text : {"0", "-1", "0s", "soon", "NaN", "1e300", "30 s"}) {
    EXPECT_EQ(DurationParameter(With(text), "p").status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(ParametersTest, MayBeAbsentOrEmpty) {
  for (const HttpRequest& request : {HttpRequest(), With("")}) {
    EXPECT_EQ(TimeParameter(request, "p").value(), std::nullopt);
    EXPECT_EQ(DurationParameter(request, "p").value(), std::nullopt);
  }
}

}  // namespace
}  // namespace tributary
