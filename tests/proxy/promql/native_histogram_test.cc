#include "proxy/promql/native_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tributary::promql {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

std::shared_ptr<const NativeHistogram> Make(absl::string_view text) {
  auto histogram = NativeHistogram::Parse(text);
  EXPECT_TRUE(histogram.ok()) << histogram.status();
  return histogram.ok() ? *histogram : std::make_shared<NativeHistogram>(NativeHistogram::Parts());
}

std::string Plus(absl::string_view a, absl::string_view b) {
  const auto other = Make(b);
  const Distribution* others[] = {other.get()};
  const auto sum = Make(a)->Plus(others);
  return sum.ok() ? (*sum)->ToString() : std::string(sum.status().message());
}

// Values at equal distances in the middle of nothing in particular, and the histogram that would hold them.
NativeHistogram Observe(const std::vector<double>& values, int schema, double zero_threshold) {
  NativeHistogram::Parts parts{.schema = schema, .zero_threshold = zero_threshold};
  for (double value : values) {
    ++parts.count;
    parts.sum += value;
    if (std::abs(value) <= zero_threshold) {
      ++parts.zero_count;
    } else {
      const auto index = static_cast<int32_t>(std::ceil(std::log2(std::abs(value)) * std::exp2(schema)));
      ++(value > 0 ? parts.positive : parts.negative)[index];
    }
  }
  return NativeHistogram(parts);
}

TEST(NativeHistogramTest, TheFirstBucketOfATextEndsAtOne) {
  const auto buckets = Make("{{schema:1 count:2 sum:2 buckets:[1 1]}}")->Buckets();
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_DOUBLE_EQ(buckets[0].lower, std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(buckets[0].upper, 1);
  EXPECT_DOUBLE_EQ(buckets[1].upper, std::sqrt(2));
}

TEST(NativeHistogramTest, BoundsArePowersAtEverySchema) {
  EXPECT_EQ(NativeBucketBound(-4, 1), 65536);
  EXPECT_EQ(NativeBucketBound(-1, 2), 16);
  EXPECT_EQ(NativeBucketBound(0, -3), 0.125);
  EXPECT_DOUBLE_EQ(NativeBucketBound(8, 256), 2);
  EXPECT_DOUBLE_EQ(NativeBucketBound(8, -1), std::exp2(-1.0 / 256));
  EXPECT_EQ(NativeBucketBound(-4, 2000), kInf);
}

TEST(NativeHistogramTest, TextIsReadBackEqual) {
  for (absl::string_view text :
       {"{{schema:0 count:4 sum:5 buckets:[1 2 1]}}", "{{schema:-4 count:1 sum:-2.5 n_offset:3 n_buckets:[1]}}",
        "{{schema:3 count:8 sum:1 z_bucket:2 z_bucket_w:0.001 offset:-2 buckets:[1 0 2] n_buckets:[3]}}",
        "{{schema:-53 count:10 sum:40 custom_values:[2 5 10] buckets:[2 5 2 1]}}"}) {
    EXPECT_EQ(Make(text)->ToString(), text);
  }
}

TEST(NativeHistogramTest, WhatIsNoHistogramIsRefused) {
  for (absl::string_view text :
       {"", "{{", "{{schema:9}}", "{{schema:-5}}", "{{bucket:[1]}}", "{{buckets:1}}", "{{buckets:[1 x]}}",
        "{{schema:-53 buckets:[1 2] custom_values:[]}}", "{{custom_values:[2 1] buckets:[1]}}",
        "{{custom_values:[1] n_buckets:[1]}}", "{{schema:1 custom_values:[1]}}", "{{offset:99999999 buckets:[1]}}",
        "{{z_bucket_w:-1}}", "{{counter_reset_hint:maybe}}"}) {
    EXPECT_FALSE(NativeHistogram::Parse(text).ok()) << text;
  }
}

TEST(NativeHistogramTest, SumIsAtTheCoarserSchema) {
  EXPECT_EQ(Plus("{{schema:0 count:4 sum:5 buckets:[1 2 1]}}", "{{schema:1 count:4 sum:8 offset:1 buckets:[1 1 1 1]}}"),
            "{{schema:0 count:8 sum:13 buckets:[1 4 3]}}");
  EXPECT_EQ(
      Plus("{{schema:-1 count:1 sum:4 offset:1 buckets:[1]}}", "{{schema:0 count:4 sum:4 offset:1 buckets:[2 2]}}"),
      "{{schema:-1 count:5 sum:8 offset:1 buckets:[5]}}");
}

// [-1.5, 1.5] cuts (1, 2] in two: it widens to 2.
TEST(NativeHistogramTest, ZeroBucketWidensToWholeBuckets) {
  EXPECT_EQ(Plus("{{schema:0 count:3 sum:5 buckets:[1 1 1]}}", "{{schema:0 count:1 sum:0 z_bucket:1 z_bucket_w:1.5}}"),
            "{{schema:0 count:4 sum:5 z_bucket:3 z_bucket_w:2 offset:2 buckets:[1]}}");
  EXPECT_EQ(Plus("{{schema:0 count:2 sum:5 n_buckets:[1 0 1]}}", "{{schema:0 count:1 sum:0 z_bucket:1 z_bucket_w:1}}"),
            "{{schema:0 count:3 sum:5 z_bucket:2 z_bucket_w:1 n_offset:2 n_buckets:[1]}}");
}

NativeHistogram Some(std::mt19937& random, double zero_threshold) {
  std::vector<double> values(1 + random() % 20);
  for (double& value : values) value = std::exp(std::normal_distribution<>(0, 2)(random)) * (random() % 2 ? 1 : -1);
  return Observe(values, static_cast<int>(random() % 13) - 4, zero_threshold);
}

NativeHistogram Sum(const NativeHistogram& a, const std::vector<const Distribution*>& others) {
  const auto sum = a.Plus(others);
  EXPECT_TRUE(sum.ok());
  return static_cast<const NativeHistogram&>(**sum);
}

void ExpectSame(const NativeHistogram& x, const NativeHistogram& y) {
  EXPECT_EQ(x.parts().schema, y.parts().schema);
  EXPECT_EQ(x.parts().zero_threshold, y.parts().zero_threshold);
  EXPECT_EQ(x.parts().zero_count, y.parts().zero_count);
  EXPECT_EQ(x.parts().positive, y.parts().positive);
  EXPECT_EQ(x.parts().negative, y.parts().negative);
  EXPECT_NEAR(x.parts().sum, y.parts().sum, 1e-9 * (1 + std::abs(x.parts().sum)));
}

TEST(NativeHistogramTest, SumOfTwoIsTheSameTheOtherWayRound) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    const NativeHistogram a = Some(random, std::ldexp(static_cast<double>(random() % 5), -3));
    const NativeHistogram b = Some(random, std::ldexp(static_cast<double>(random() % 5), -3));
    ExpectSame(Sum(a, {&b}), Sum(b, {&a}));
  }
}

// Not so where zero buckets differ: how far one must widen depends on the bounds at that time.
TEST(NativeHistogramTest, SumOfManyWithOneZeroBucketDoesNotDependOnTheOrder) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    const NativeHistogram a = Some(random, 0);
    const NativeHistogram b = Some(random, 0);
    const NativeHistogram c = Some(random, 0);
    ExpectSame(Sum(a, {&b, &c}), Sum(c, {&b, &a}));
  }
}

TEST(NativeHistogramTest, MinusUndoesPlus) {
  const auto a = Make("{{schema:0 count:4 sum:5 buckets:[1 2 1]}}");
  const auto b = Make("{{schema:0 count:6 sum:9 buckets:[1 3 2]}}");
  const Distribution* others[] = {b.get()};
  const auto sum = a->Plus(others);
  ASSERT_TRUE(sum.ok());
  const auto difference = (*sum)->Minus(*b);
  ASSERT_TRUE(difference.ok());
  EXPECT_TRUE((*difference)->Equals(*a)) << (*difference)->ToString();
}

TEST(NativeHistogramTest, ExponentialAndCustomDoNotMix) {
  EXPECT_THAT(Plus("{{count:1 buckets:[1]}}", "{{count:1 custom_values:[1] buckets:[1]}}"),
              testing::HasSubstr("do not mix"));
  EXPECT_THAT(Plus("{{count:1 custom_values:[2] buckets:[1]}}", "{{count:1 custom_values:[1] buckets:[1]}}"),
              testing::HasSubstr("different custom bounds"));
}

TEST(NativeHistogramTest, ACounterIsResetWhenAnythingInItIsLess) {
  const auto before = Make("{{schema:1 count:6 sum:5 z_bucket:1 z_bucket_w:0.01 buckets:[1 2 2]}}");
  const auto is_reset = [&](absl::string_view text) { return Make(text)->IsResetFrom(*before); };
  EXPECT_FALSE(is_reset("{{schema:1 count:6 sum:5 z_bucket:1 z_bucket_w:0.01 buckets:[1 2 2]}}"));
  EXPECT_FALSE(is_reset("{{schema:1 count:9 sum:1 z_bucket:2 z_bucket_w:0.01 buckets:[1 3 3]}}"));
  EXPECT_FALSE(is_reset("{{schema:0 count:9 sum:5 z_bucket:1 z_bucket_w:0.01 buckets:[4 4]}}")) << "coarser, not less";
  EXPECT_TRUE(is_reset("{{schema:1 count:5 sum:5 z_bucket:1 z_bucket_w:0.01 buckets:[1 2 1]}}"));
  EXPECT_TRUE(is_reset("{{schema:1 count:9 sum:5 z_bucket:1 z_bucket_w:0.01 buckets:[0 4 4]}}"));
  EXPECT_TRUE(is_reset("{{schema:1 count:9 sum:5 z_bucket:0 z_bucket_w:0.01 buckets:[3 3 3]}}"));
  EXPECT_TRUE(is_reset("{{schema:2 count:9 sum:5 z_bucket:1 z_bucket_w:0.01 buckets:[1 2 2 3]}}")) << "finer";
  EXPECT_TRUE(is_reset("{{schema:1 count:9 sum:5 z_bucket:9 buckets:[]}}")) << "a narrower zero bucket";
  EXPECT_TRUE(is_reset("{{count:9 custom_values:[1] buckets:[9]}}"));
  EXPECT_TRUE(is_reset("{{schema:1 count:9 z_bucket:2 z_bucket_w:0.01 buckets:[1 3 3] counter_reset_hint:reset}}"));
  EXPECT_FALSE(is_reset("{{schema:1 count:1 z_bucket:1 z_bucket_w:0.01 counter_reset_hint:not_reset}}"));
}

// Within a bucket of ratio 2^(2^-schema) everywhere: schema 3 is off by at most 9.1 %.
TEST(NativeHistogramTest, QuantilesAreWithinABucketOfTheExactOnes) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<double> values(2000);
  for (double& value : values) value = std::exp(std::normal_distribution<>(0, 1.5)(random));
  const NativeHistogram histogram = Observe(values, 3, 0);
  std::sort(values.begin(), values.end());
  for (double phi : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999}) {
    const double exact = values[static_cast<size_t>(std::ceil(phi * 2000)) - 1];
    EXPECT_NEAR(histogram.Quantile(phi) / exact, 1, 0.0911) << phi;
  }
}

TEST(NativeHistogramTest, FractionBelowAQuantileIsItsRank) {
  for (absl::string_view text :
       {"{{schema:2 count:10 sum:20 buckets:[1 2 3 4]}}", "{{schema:2 count:10 sum:-20 n_buckets:[1 2 3 4]}}",
        "{{schema:0 count:10 sum:0 z_bucket:4 z_bucket_w:0.25 buckets:[1 2] n_buckets:[2 1]}}",
        "{{count:10 custom_values:[2 5 10 20] buckets:[2 5 2 1]}}"}) {
    const auto histogram = Make(text);
    for (double phi : {0.05, 0.2, 0.45, 0.5, 0.55, 0.8, 0.95}) {
      EXPECT_NEAR(histogram->Fraction(-kInf, histogram->Quantile(phi)), phi, 1e-9) << text << phi;
    }
  }
}

TEST(NativeHistogramTest, ObservationsThatAreNaNAreAboveAll) {
  const auto histogram = Make("{{schema:0 count:4 sum:NaN buckets:[1 2]}}");
  EXPECT_DOUBLE_EQ(histogram->Quantile(0.5), std::sqrt(2));
  EXPECT_TRUE(std::isnan(histogram->Quantile(0.9)));
}

}  // namespace
}  // namespace tributary::promql
