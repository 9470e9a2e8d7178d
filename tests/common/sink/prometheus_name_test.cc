#include "common/sink/prometheus_name.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(PrometheusNameTest, MapsEveryForeignByte) {
  EXPECT_EQ(PrometheusMetricName("api.latency-ms"), "api_latency_ms");
  EXPECT_EQ(PrometheusMetricName("job:x:rate5m"), "job:x:rate5m");
  EXPECT_EQ(PrometheusMetricName("caf\xC3\xA9"), "caf__");
  EXPECT_EQ(PrometheusMetricName(absl::string_view("a\0b", 3)), "a_b");
}

TEST(PrometheusNameTest, LabelNamesHaveNoColon) {
  EXPECT_EQ(PrometheusLabelName("job:x"), "job_x");
  EXPECT_EQ(PrometheusLabelName("kube.pod"), "kube_pod");
}

TEST(PrometheusNameTest, NeverStartsWithADigit) {
  EXPECT_EQ(PrometheusMetricName("5xx.rate"), "_5xx_rate");
  EXPECT_EQ(PrometheusLabelName("2nd"), "_2nd");
}

TEST(PrometheusNameTest, EmptyBecomesAnUnderscore) {
  EXPECT_EQ(PrometheusMetricName(""), "_");
  EXPECT_EQ(PrometheusLabelName(""), "_");
}

TEST(ValidUtf8Test, KeepsWhatIsWellFormed) {
  for (const char* text :
       {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(ValidUtf8(text), text);
  }
}

TEST(ValidUtf8Test, ReplacesEveryByteThatIsNot) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(ValidUtf8("a\xFF"
                      "b"),
            "a" + bad + "b");
  EXPECT_EQ(ValidUtf8("\xC3"), bad);                                // cut short
  EXPECT_EQ(ValidUtf8("\xE2\x82"), bad + bad);                      // cut short
  EXPECT_EQ(ValidUtf8("\xC0\xAF"), bad + bad);                      // overlong '/'
  EXPECT_EQ(ValidUtf8("\xE0\x80\xAF"), bad + bad + bad);            // overlong '/'
  EXPECT_EQ(ValidUtf8("\xED\xA0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(ValidUtf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // above U+10FFFF
  EXPECT_EQ(ValidUtf8("\x80x"), bad + "x");                         // a lone continuation
}

}  // namespace
}  // namespace tributary
