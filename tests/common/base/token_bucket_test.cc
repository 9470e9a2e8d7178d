#include "common/base/token_bucket.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

constexpr TokenBucket::Rate kRate = {.per_second = 2, .burst = 5};
const absl::Time kStart = absl::FromUnixSeconds(1'000'000'000);

int TakeAll(TokenBucket& bucket, absl::Time now) {
  int taken = 0;
  while (bucket.HasToken(kRate, now)) {
    bucket.Take();
    ++taken;
  }
  return taken;
}

TEST(TokenBucketTest, BeginsFull) {
  TokenBucket bucket;
  EXPECT_EQ(TakeAll(bucket, kStart), 5);
}

TEST(TokenBucketTest, FillsWithTime) {
  TokenBucket bucket;
  TakeAll(bucket, kStart);
  EXPECT_EQ(TakeAll(bucket, kStart + absl::Milliseconds(499)), 0);
  EXPECT_EQ(TakeAll(bucket, kStart + absl::Milliseconds(1500)), 3);
}

TEST(TokenBucketTest, HoldsNoMoreThanItsBurst) {
  TokenBucket bucket;
  TakeAll(bucket, kStart);
  EXPECT_EQ(TakeAll(bucket, kStart + absl::Hours(10)), 5);
}

TEST(TokenBucketTest, GivesNothingForAClockThatStepsBackAndForth) {
  TokenBucket bucket;
  TakeAll(bucket, kStart);
  EXPECT_EQ(TakeAll(bucket, kStart - absl::Hours(1)), 0);
  EXPECT_EQ(TakeAll(bucket, kStart - absl::Hours(1) + absl::Seconds(1)), 2);
}

TEST(TokenBucketTest, TakesAnotherRateAtOnce) {
  TokenBucket bucket;
  EXPECT_TRUE(bucket.HasToken({.per_second = 1, .burst = 1}, kStart));
  bucket.Take();
  EXPECT_FALSE(bucket.HasToken({.per_second = 1, .burst = 100}, kStart));
  EXPECT_TRUE(bucket.HasToken({.per_second = 1000, .burst = 100}, kStart + absl::Milliseconds(1)));
}

}  // namespace
}  // namespace tributary
