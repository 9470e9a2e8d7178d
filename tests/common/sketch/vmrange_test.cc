#include "common/sketch/vmrange.h"

#include <string>
#include <vector>

#include "common/base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TDigest DigestOf(const std::vector<double>& values) {
  TDigest digest;
  for (const double value : values) TRIBUTARY_CHECK(digest.Add(value));
  return digest;
}

// The ranges are those that VictoriaMetrics's own client library writes for these values.
TEST(VmrangeTest, BucketsAreVictoriaMetricss) {
  EXPECT_THAT(VmrangeBuckets(DigestOf({0.12, 0.12, 1.0, 42, 123456})),
              ElementsAre(VmrangeBucket{"1.136e-01...1.292e-01", 2}, VmrangeBucket{"8.799e-01...1.000e+00", 1},
                          VmrangeBucket{"4.084e+01...4.642e+01", 1}, VmrangeBucket{"1.136e+05...1.292e+05", 1}));
}

TEST(VmrangeTest, ZeroAndWhatIsBeyondTheGridHaveBucketsOfTheirOwn) {
  EXPECT_THAT(VmrangeBuckets(DigestOf({0, 1e-12, 1e-9, 1e18, 3e25})),
              ElementsAre(VmrangeBucket{"0...1.000e-09", 3}, VmrangeBucket{"8.799e+17...1.000e+18", 1},
                          VmrangeBucket{"1.000e+18...+Inf", 1}));
}

TEST(VmrangeTest, NegativeValuesAreInNone) {
  EXPECT_THAT(VmrangeBuckets(DigestOf({-5, -1, 2})), ElementsAre(VmrangeBucket{"1.896e+00...2.154e+00", 1}));
  EXPECT_THAT(VmrangeBuckets(DigestOf({-5})), IsEmpty());
  EXPECT_THAT(VmrangeBuckets(TDigest()), IsEmpty());
}

TEST(VmrangeTest, CountsAddUp) {
  std::vector<double> values;
  for (int i = 1; i <= 10'000; ++i) values.push_back(i * 0.37);
  uint64_t count = 0;
  for (const VmrangeBucket& bucket : VmrangeBuckets(DigestOf(values))) count += bucket.count;
  EXPECT_EQ(count, 10'000u);
}

}  // namespace
}  // namespace tributary
