#include "common/telemetry/cells.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

namespace tributary {
namespace {

template <class Work>
void InThreads(int threads, const Work& work) {
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
}

TEST(CounterTest, ThreadsLoseNothing) {
  Counter counter;
  InThreads(4, [&] {
    for (int i = 0; i < 10'000; ++i) counter.Increment();
    counter.Increment(5);
  });
  EXPECT_EQ(counter.value(), 40'020u);
}

TEST(CounterTest, LargeCountsStayExact) {
  Counter counter;
  counter.Increment(1ULL << 53);
  counter.Increment();
  EXPECT_EQ(counter.value(), (1ULL << 53) + 1);
}

TEST(GaugeTest, TheLastValueStaysAndSumsAddUp) {
  Gauge gauge;
  gauge.Set(5);
  gauge.Set(-1.5);
  EXPECT_EQ(gauge.value(), -1.5);
  gauge.Set(0);
  InThreads(4, [&] {
    for (int i = 0; i < 1'000; ++i) gauge.Add(1);
    for (int i = 0; i < 500; ++i) gauge.Add(-1);
  });
  EXPECT_EQ(gauge.value(), 2'000);
}

TEST(HistogramTest, ABoundBelongsToItsBucket) {
  Histogram histogram({1, 2});
  for (const double value : {-5.0, 1.0, 1.0000001, 2.0, 2.0000001, 1e300}) histogram.Observe(value);
  EXPECT_EQ(histogram.bucket(0), 2u);
  EXPECT_EQ(histogram.bucket(1), 2u);
  EXPECT_EQ(histogram.bucket(2), 2u);
}

TEST(HistogramTest, NotANumberIsNotCounted) {
  Histogram histogram({1});
  histogram.Observe(std::nan(""));
  EXPECT_EQ(histogram.bucket(0) + histogram.bucket(1), 0u);
  EXPECT_EQ(histogram.sum(), 0);
}

TEST(HistogramTest, ThreadsLoseNothing) {
  Histogram histogram({1, 10});
  InThreads(4, [&] {
    for (int i = 0; i < 1'000; ++i) histogram.Observe(i % 2 == 0 ? 1 : 5);
  });
  EXPECT_EQ(histogram.bucket(0), 2'000u);
  EXPECT_EQ(histogram.bucket(1), 2'000u);
  EXPECT_EQ(histogram.sum(), 12'000);
}

TEST(HistogramDeathTest, BoundsMustRise) {
  EXPECT_DEATH(Histogram({1, 1}), "is_sorted");
  EXPECT_DEATH(Histogram({2, 1}), "is_sorted");
}

TEST(HistogramTest, DurationBoundsRise) { EXPECT_EQ(Histogram(DurationBounds()).bounds().front(), 0.001); }

}  // namespace
}  // namespace tributary
