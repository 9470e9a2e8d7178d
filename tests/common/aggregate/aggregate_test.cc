#include "common/aggregate/aggregate.h"

#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

InstanceId Instance(char c) { return *InstanceId::FromBytes(std::string(InstanceId::kBytes, c)); }

std::string Bytes(const HyperLogLog& set) {
  std::string bytes;
  set.Encode(bytes);
  return bytes;
}

// Equal in everything that the laws promise for any grouping: digests by what is exact of them.
bool Same(const CounterAggregate& a, const CounterAggregate& b) { return a == b; }
bool Same(const GaugeAggregate& a, const GaugeAggregate& b) { return a == b; }
bool Same(const CheckAggregate& a, const CheckAggregate& b) { return a == b; }
bool Same(const SetAggregate& a, const SetAggregate& b) { return Bytes(a.members) == Bytes(b.members); }
bool Same(const DistributionAggregate& a, const DistributionAggregate& b) {
  return a.reciprocal_sum == b.reciprocal_sum && a.digest.count() == b.digest.count() &&
         a.digest.sum() == b.digest.sum() && a.digest.empty() == b.digest.empty() &&
         (a.digest.empty() || (a.digest.min() == b.digest.min() && a.digest.max() == b.digest.max()));
}

// The laws of one kind, over random values of it.
template <class T>
class MergeLawTest : public testing::Test {
 protected:
  T Random() {
    T value;
    const int samples = static_cast<int>(random_() % 20);
    for (int i = 0; i < samples; ++i) AddRandom(value);
    return value;
  }

  unsigned seed_ = std::random_device()();
  std::mt19937 random_{seed_};

 private:
  double Value() {
    return std::ldexp(std::uniform_real_distribution<>(-1, 1)(random_), static_cast<int>(random_() % 60) - 20);
  }
  double Weight() { return random_() % 4 == 0 ? 1 / 0.3 : 1; }
  InstanceId Writer() { return Instance(static_cast<char>('a' + random_() % 3)); }

  void AddRandom(CounterAggregate& counter) { ASSERT_TRUE(counter.Add(Value(), Weight())); }
  void AddRandom(GaugeAggregate& gauge) {
    ASSERT_TRUE(gauge.Add(Value(), static_cast<int64_t>(random_() % 5), Writer()));
  }
  void AddRandom(DistributionAggregate& distribution) {
    const double value = Value();
    ASSERT_TRUE(distribution.Add(random_() % 50 == 0 ? value : std::fabs(value) + 1e-9, Weight()));
  }
  void AddRandom(SetAggregate& set) { ASSERT_TRUE(set.Add(absl::StrCat(random_() % 1000))); }
  void AddRandom(CheckAggregate& check) {
    check = {.status = static_cast<uint8_t>(random_() % 4),
             .message = absl::StrCat(random_() % 3),
             .unix_ns = static_cast<int64_t>(random_() % 3),
             .writer = Writer()};
  }
};

using Kinds = testing::Types<CounterAggregate, GaugeAggregate, DistributionAggregate, SetAggregate, CheckAggregate>;
TYPED_TEST_SUITE(MergeLawTest, Kinds);

template <class T>
T Merged(T a, const T& b) {
  a.Merge(b);
  return a;
}

TYPED_TEST(MergeLawTest, AFreshValueIsTheIdentity) {
  SCOPED_TRACE(absl::StrCat("seed ", this->seed_));
  for (int i = 0; i < 100; ++i) {
    const TypeParam value = this->Random();
    EXPECT_TRUE(Same(Merged(value, TypeParam()), value));
    EXPECT_TRUE(Same(Merged(TypeParam(), value), value));
  }
}

TYPED_TEST(MergeLawTest, OrderDoesNotMatter) {
  SCOPED_TRACE(absl::StrCat("seed ", this->seed_));
  for (int i = 0; i < 100; ++i) {
    const TypeParam a = this->Random();
    const TypeParam b = this->Random();
    EXPECT_TRUE(Same(Merged(a, b), Merged(b, a)));
  }
}

TYPED_TEST(MergeLawTest, GroupingDoesNotMatter) {
  SCOPED_TRACE(absl::StrCat("seed ", this->seed_));
  for (int i = 0; i < 100; ++i) {
    const TypeParam a = this->Random();
    const TypeParam b = this->Random();
    const TypeParam c = this->Random();
    EXPECT_TRUE(Same(Merged(Merged(a, b), c), Merged(a, Merged(b, c))));
  }
}

TEST(CounterAggregateTest, CountsValueTimesWeight) {
  CounterAggregate counter;
  EXPECT_TRUE(counter.Add(3, 10));
  EXPECT_TRUE(counter.Add(-0.5, 1));
  EXPECT_EQ(counter.total.ToDouble(), 29.5);
}

// A sum of doubles would be off by 1.3e-6 here and more with every further addition.
TEST(CounterAggregateTest, DoesNotDrift) {
  CounterAggregate counter;
  for (int i = 0; i < 1000000; ++i) counter.Add(0.1, 1);
  const double rounded = std::nearbyint(0.1 * 0x1p30) * 0x1p-30;  // once, to the grid
  EXPECT_EQ(counter.total.ToDouble(), 1000000 * rounded);
}

TEST(CounterAggregateTest, RefusesWhatItCannotHold) {
  CounterAggregate counter;
  ASSERT_TRUE(counter.Add(5, 1));
  for (const double value : {kInfinity, -kInfinity, std::nan(""), 0x1p68, -0x1p68}) EXPECT_FALSE(counter.Add(value, 1));
  for (const double weight : {0.0, -1.0, kInfinity, std::nan("")}) EXPECT_FALSE(counter.Add(1, weight));
  EXPECT_FALSE(counter.Add(0x1p60, 0x1p10));
  EXPECT_EQ(counter.total.ToDouble(), 5);
  EXPECT_TRUE(counter.Add(0x1p67, 1));
}

TEST(GaugeAggregateTest, KeepsTheLastByTimeAndTheRange) {
  GaugeAggregate gauge;
  EXPECT_TRUE(gauge.Add(5, 200, Instance('a')));
  EXPECT_TRUE(gauge.Add(9, 100, Instance('a')));
  EXPECT_TRUE(gauge.Add(-1, 150, Instance('a')));
  EXPECT_EQ(gauge.last, 5);
  EXPECT_EQ(gauge.last_unix_ns, 200);
  EXPECT_EQ(gauge.min, -1);
  EXPECT_EQ(gauge.max, 9);
  EXPECT_EQ(gauge.sum.ToDouble(), 13);
  EXPECT_EQ(gauge.count, 3u);
}

TEST(GaugeAggregateTest, OfEqualTimesTheLaterSampleIsLast) {
  GaugeAggregate gauge;
  gauge.Add(5, 200, Instance('a'));
  gauge.Add(3, 200, Instance('a'));
  EXPECT_EQ(gauge.last, 3);
}

TEST(GaugeAggregateTest, MergesByTimeThenInstanceThenValue) {
  const auto last_of = [](GaugeAggregate a, const GaugeAggregate& b) {
    a.Merge(b);
    return a.last;
  };
  const auto sample = [](double value, int64_t unix_ns, char writer) {
    GaugeAggregate gauge;
    gauge.Add(value, unix_ns, Instance(writer));
    return gauge;
  };
  EXPECT_EQ(last_of(sample(1, 300, 'a'), sample(2, 200, 'b')), 1);
  EXPECT_EQ(last_of(sample(1, 200, 'a'), sample(2, 200, 'b')), 2);
  EXPECT_EQ(last_of(sample(2, 200, 'a'), sample(1, 200, 'b')), 1);
  EXPECT_EQ(last_of(sample(1, 200, 'a'), sample(2, 200, 'a')), 2);
  EXPECT_EQ(last_of(sample(2, 200, 'a'), sample(1, 200, 'a')), 2);
}

TEST(GaugeAggregateTest, RefusesWhatItCannotHold) {
  GaugeAggregate gauge;
  for (const double value : {kInfinity, -kInfinity, std::nan(""), 0x1p97}) {
    EXPECT_FALSE(gauge.Add(value, 1, Instance('a')));
  }
  EXPECT_EQ(gauge, GaugeAggregate());
}

TEST(GaugeAggregateTest, KnowsNoNegativeZero) {
  GaugeAggregate gauge;
  gauge.Add(-0.0, 1, Instance('a'));
  EXPECT_FALSE(std::signbit(gauge.last));
  EXPECT_FALSE(std::signbit(gauge.min));
  EXPECT_FALSE(std::signbit(gauge.max));
}

TEST(DistributionAggregateTest, SumsReciprocalsByWeight) {
  DistributionAggregate distribution;
  EXPECT_TRUE(distribution.Add(2, 1));
  EXPECT_TRUE(distribution.Add(4, 3));
  ASSERT_TRUE(distribution.reciprocal_sum.has_value());
  EXPECT_EQ(distribution.reciprocal_sum->ToDouble(), 1.25);
}

TEST(DistributionAggregateTest, HasNoReciprocalSumOnceAValueIsNotPositive) {
  for (const double value : {0.0, -3.0}) {
    DistributionAggregate distribution;
    EXPECT_TRUE(distribution.Add(value, 1));
    EXPECT_TRUE(distribution.Add(2, 1));
    EXPECT_FALSE(distribution.reciprocal_sum.has_value());
    EXPECT_EQ(distribution.digest.count().ToDouble(), 2);
  }
}

TEST(DistributionAggregateTest, HasNoReciprocalSumThatWouldNotFit) {
  DistributionAggregate distribution;
  EXPECT_TRUE(distribution.Add(1e-40, 1));
  EXPECT_FALSE(distribution.reciprocal_sum.has_value());
}

TEST(DistributionAggregateTest, MergesToNoReciprocalSumUnlessBothHaveOne) {
  DistributionAggregate with;
  DistributionAggregate without;
  with.Add(2, 1);
  without.Add(-2, 1);
  EXPECT_FALSE(Merged(with, without).reciprocal_sum.has_value());
  EXPECT_FALSE(Merged(without, with).reciprocal_sum.has_value());
}

TEST(DistributionAggregateTest, RefusesWhatItCannotHold) {
  DistributionAggregate distribution;
  for (const double value : {kInfinity, -kInfinity, std::nan(""), 0x1p97}) EXPECT_FALSE(distribution.Add(value, 1));
  for (const double weight : {0.0, -1.0, kInfinity, std::nan("")}) EXPECT_FALSE(distribution.Add(1, weight));
  EXPECT_TRUE(distribution.digest.empty());
  EXPECT_EQ(distribution.reciprocal_sum, Fixed192());
}

TEST(SetAggregateTest, CountsAMemberOnce) {
  SetAggregate set;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(set.Add("alice"));
    EXPECT_TRUE(set.Add("bob"));
  }
  EXPECT_NEAR(set.members.Estimate(), 2, 0.01);
}

TEST(AggregateTest, EveryTypeHasTheArmItAgreesWith) {
  for (int i = 1; i <= 7; ++i) {
    const auto type = static_cast<MetricType>(i);
    EXPECT_TRUE(AgreesWithType(MakeAggregate(type), type)) << MetricTypeName(type);
  }
  EXPECT_TRUE(AgreesWithType(MakeAggregate(MetricType::kTimer), MetricType::kHistogram));
  EXPECT_FALSE(AgreesWithType(MakeAggregate(MetricType::kCounter), MetricType::kGauge));
  EXPECT_FALSE(AgreesWithType(MakeAggregate(MetricType::kSet), MetricType::kTimer));
}

TEST(AggregateTest, MakesDigestsOfTheAskedCompression) {
  const Aggregate aggregate = MakeAggregate(MetricType::kTimer, 250, 1);
  EXPECT_EQ(std::get<DistributionAggregate>(aggregate).digest.compression(), 250);
}

TEST(AggregateTest, MergeIntoMergesTheArm) {
  Aggregate into = MakeAggregate(MetricType::kCounter);
  Aggregate from = MakeAggregate(MetricType::kCounter);
  std::get<CounterAggregate>(into).Add(1, 1);
  std::get<CounterAggregate>(from).Add(2, 1);
  MergeInto(into, from);
  EXPECT_EQ(std::get<CounterAggregate>(into).total.ToDouble(), 3);
}

TEST(AggregateDeathTest, ArmsDoNotMix) {
  Aggregate into = MakeAggregate(MetricType::kCounter);
  EXPECT_DEATH(MergeInto(into, MakeAggregate(MetricType::kGauge)), "index");
}

TEST(AggregateTest, MemoryGrowsWithWhatIsHeld) {
  Aggregate timer = MakeAggregate(MetricType::kTimer);
  const size_t before = MemoryBytes(timer);
  for (int i = 0; i < 1000; ++i) std::get<DistributionAggregate>(timer).Add(i, 1);
  EXPECT_GE(MemoryBytes(timer), before + 1000);
}

}  // namespace
}  // namespace tributary
