#include "common/aggregate/aggregate_merger.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Part = std::pair<InstanceId, Aggregate>;

std::string Bytes(const Aggregate& aggregate) {
  std::string bytes;
  const auto& distribution = std::get<DistributionAggregate>(aggregate);
  distribution.digest.Encode(bytes);
  if (distribution.reciprocal_sum.has_value()) absl::StrAppend(&bytes, distribution.reciprocal_sum->ToDouble());
  return bytes;
}

// What `hosts` agents have of one timer: of lognormal latencies, each host at its own speed.
std::vector<Part> Timers(int hosts, int samples, std::mt19937& random) {
  std::vector<Part> parts;
  for (int host = 0; host < hosts; ++host) {
    DistributionAggregate timer;
    std::lognormal_distribution<> latency(1 + 0.01 * host, 0.7);
    for (int i = 0; i < samples; ++i) timer.Add(latency(random), 1);
    parts.emplace_back(InstanceId::Random(), std::move(timer));
  }
  return parts;
}

Aggregate Merge(MetricType type, const std::vector<Part>& parts) {
  AggregateMerger merger(type, {});
  for (const auto& [source, aggregate] : parts) merger.Add(aggregate, source);
  return merger.Finish();
}

TEST(AggregateMergerTest, EqualSetsGiveEqualBytesInAnyOrder) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::vector<Part> parts = Timers(40, 300, random);
  const std::string bytes = Bytes(Merge(MetricType::kTimer, parts));
  for (int i = 0; i < 20; ++i) {
    std::shuffle(parts.begin(), parts.end(), random);
    EXPECT_EQ(Bytes(Merge(MetricType::kTimer, parts)), bytes);
  }
}

TEST(AggregateMergerTest, FinishMayComeInBetween) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::vector<Part> parts = Timers(10, 100, random);
  AggregateMerger merger(MetricType::kTimer, {});
  for (const auto& [source, aggregate] : parts) {
    merger.Add(aggregate, source);
    merger.Finish();
  }
  EXPECT_EQ(Bytes(merger.Finish()), Bytes(Merge(MetricType::kTimer, parts)));
}

TEST(AggregateMergerTest, CountsAndSumsStayExactWhenCompacted) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::vector<Part> parts = Timers(300, 200, random);
  AggregateMerger merger(MetricType::kTimer, {.compression = 100, .buffer_centroids = 1});
  Fixed192 sum;
  for (const auto& [source, aggregate] : parts) {
    merger.Add(aggregate, source);
    sum += std::get<DistributionAggregate>(aggregate).digest.sum();
  }
  EXPECT_TRUE(merger.approximate_order());
  EXPECT_FALSE(AggregateMerger(MetricType::kSet, {}).approximate_order());
  const Aggregate merged = merger.Finish();
  EXPECT_EQ(std::get<DistributionAggregate>(merged).digest.count().ToDouble(), 300 * 200);
  EXPECT_EQ(std::get<DistributionAggregate>(merged).digest.sum(), sum);
}

TEST(AggregateMergerTest, AgreesWithMergeIntoForWhatIsNotSketched) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::vector<Part> parts;
  for (int i = 0; i < 50; ++i) {
    const InstanceId source = InstanceId::Random();
    GaugeAggregate gauge;
    gauge.Add(static_cast<double>(random() % 100), static_cast<int64_t>(random() % 3), source);
    parts.emplace_back(source, gauge);
  }
  Aggregate folded = MakeAggregate(MetricType::kGauge);
  for (const auto& [source, aggregate] : parts) MergeInto(folded, aggregate);
  std::shuffle(parts.begin(), parts.end(), random);
  const Aggregate merged = Merge(MetricType::kGauge, parts);
  EXPECT_EQ(std::get<GaugeAggregate>(merged), std::get<GaugeAggregate>(folded));
}

TEST(AggregateMergerTest, KeepsReciprocalSumsOnlyWhenAllHaveOne) {
  DistributionAggregate positive;
  DistributionAggregate negative;
  positive.Add(4, 1);
  negative.Add(-4, 1);
  AggregateMerger merger(MetricType::kTimer, {});
  merger.Add(positive, InstanceId::Random());
  EXPECT_EQ(std::get<DistributionAggregate>(merger.Finish()).reciprocal_sum->ToDouble(), 0.25);
  merger.Add(negative, InstanceId::Random());
  EXPECT_FALSE(std::get<DistributionAggregate>(merger.Finish()).reciprocal_sum.has_value());
}

TEST(AggregateMergerTest, MemoryIsBoundedByItsBuffer) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  AggregateMerger merger(MetricType::kTimer,
                         {.compression = 100, .buffer_centroids = TDigestMerger::kMinBufferCentroids});
  size_t most = 0;
  for (const auto& [source, aggregate] : Timers(500, 150, random)) {
    merger.Add(aggregate, source);
    most = std::max(most, merger.MemoryBytes());
  }
  EXPECT_LE(most, 4 * TDigestMerger::kMinBufferCentroids * sizeof(Centroid));
}

TEST(AggregateMergerDeathTest, ArmsDoNotMix) {
  AggregateMerger merger(MetricType::kTimer, {});
  EXPECT_DEATH(merger.Add(CounterAggregate(), InstanceId::Random()), "distribution");
}

}  // namespace
}  // namespace tributary
