#include "common/metric/metric_type.h"

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(MetricTypeTest, NamesAreThoseOfTheConfiguration) {
  EXPECT_EQ(MetricTypeName(MetricType::kCounter), "counter");
  EXPECT_EQ(MetricTypeName(MetricType::kGauge), "gauge");
  EXPECT_EQ(MetricTypeName(MetricType::kTimer), "timer");
  EXPECT_EQ(MetricTypeName(MetricType::kHistogram), "histogram");
  EXPECT_EQ(MetricTypeName(MetricType::kDistribution), "distribution");
  EXPECT_EQ(MetricTypeName(MetricType::kSet), "set");
  EXPECT_EQ(MetricTypeName(MetricType::kCheck), "check");
}

TEST(MetricTypeTest, NamesAreReadBack) {
  for (int i = 1; i <= 7; ++i) {
    const auto type = static_cast<MetricType>(i);
    EXPECT_EQ(ParseMetricType(MetricTypeName(type)), type);
  }
}

TEST(MetricTypeTest, OtherNamesAreNone) {
  EXPECT_EQ(ParseMetricType(""), std::nullopt);
  EXPECT_EQ(ParseMetricType("Counter"), std::nullopt);
  EXPECT_EQ(ParseMetricType("ms"), std::nullopt);
}

TEST(MetricTypeTest, ThreeTypesAreSketched) {
  EXPECT_TRUE(IsDistribution(MetricType::kTimer));
  EXPECT_TRUE(IsDistribution(MetricType::kHistogram));
  EXPECT_TRUE(IsDistribution(MetricType::kDistribution));
  EXPECT_FALSE(IsDistribution(MetricType::kCounter));
  EXPECT_FALSE(IsDistribution(MetricType::kSet));
}

}  // namespace
}  // namespace tributary
