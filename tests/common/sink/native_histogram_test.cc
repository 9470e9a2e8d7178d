#include "common/sink/native_histogram.h"

#include <cmath>
#include <cstdlib>
#include <vector>

#include "common/base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/remote_write.pb.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;

prometheus::Histogram Written(const ExponentialHistogram& histogram) {
  prometheus::Histogram message;
  WriteHistogram(histogram, 1000, message);
  return message;
}

// (offset, length) of each span.
template <class Spans>
std::vector<std::pair<int, int>> Runs(const Spans& spans) {
  std::vector<std::pair<int, int>> runs;
  for (const auto& span : spans) runs.emplace_back(span.offset(), span.length());
  return runs;
}

TEST(NativeHistogramTest, BucketsAreCountedFromTheirUpperBound) {
  // 1 is the upper bound of OpenTelemetry's bucket -1 and of Prometheus's bucket 0.
  TDigest digest;
  for (const double value : {1.0, 1.0, 2.0}) TRIBUTARY_CHECK(digest.Add(value));
  const auto written = Written(ExponentialHistogram::FromDigest(digest, 160, 0));
  EXPECT_EQ(written.schema(), 0);
  EXPECT_EQ(written.count_int(), 3u);
  EXPECT_EQ(written.sum(), 4);
  EXPECT_EQ(written.timestamp(), 1000);
  EXPECT_THAT(Runs(written.positive_spans()), ElementsAre(std::pair(0, 2)));
  EXPECT_THAT(written.positive_deltas(), ElementsAre(2, -1));
  EXPECT_EQ(written.reset_hint(), prometheus::Histogram::NO);
}

TEST(NativeHistogramTest, LongRunsOfEmptyBucketsAreLeftOut) {
  ExponentialHistogram histogram;
  histogram.scale = 4;
  histogram.count = 21;
  histogram.zero_count = 5;
  histogram.positive = {.offset = 9, .counts = {1, 0, 0, 4, 0, 0, 0, 2}};
  histogram.negative = {.offset = -3, .counts = {0, 9}};
  const auto written = Written(histogram);
  EXPECT_EQ(written.zero_count_int(), 5u);
  // 10 to 13, then three empty ones, then 17; the second offset counts from the end of the first.
  EXPECT_THAT(Runs(written.positive_spans()), ElementsAre(std::pair(10, 4), std::pair(3, 1)));
  EXPECT_THAT(written.positive_deltas(), ElementsAre(1, -1, 0, 4, -2));
  EXPECT_THAT(Runs(written.negative_spans()), ElementsAre(std::pair(-1, 1)));
  EXPECT_THAT(written.negative_deltas(), ElementsAre(9));
}

TEST(NativeHistogramTest, AnEmptyOneSaysThatCountingBeginsAnew) {
  ExponentialHistogram zero;
  zero.scale = 4;
  const auto written = Written(zero);
  EXPECT_EQ(written.reset_hint(), prometheus::Histogram::YES);
  EXPECT_EQ(written.count_int(), 0u);
  EXPECT_TRUE(written.positive_spans().empty());
}

}  // namespace
}  // namespace tributary
