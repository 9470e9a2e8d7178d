#include "proxy/capacity/response_law.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

TEST(ResponseLawTest, QueueIsRecognised) {
  std::vector<double> loads, responses;
  for (double load = 200; load <= 760; load += 20) {
    loads.push_back(load);
    responses.push_back(MmcQueue::Make(8, 100, load)->MeanResponse());
  }
  const auto law = ResponseLaw::Fit(loads, responses);
  ASSERT_TRUE(law.has_value());
  EXPECT_NEAR(law->Capacity(), 800, 8);
  // Kleinrock: 11.784905 ms at 600.
  EXPECT_NEAR(law->Response(600), 0.011784905, 1e-4);
  EXPECT_TRUE(std::isinf(law->Response(900)));
}

TEST(ResponseLawTest, MoreCapacityMeansShorterResponses) {
  std::vector<double> loads, responses;
  for (double load = 200; load <= 700; load += 50) {
    loads.push_back(load);
    responses.push_back(MmcQueue::Make(8, 100, load)->MeanResponse());
  }
  const auto law = ResponseLaw::Fit(loads, responses);
  ASSERT_TRUE(law.has_value());
  EXPECT_LT(law->Response(700, 1), law->Response(700, 0));
  EXPECT_GT(law->Response(700, -1), law->Response(700, 0));
}

TEST(ResponseLawTest, WhatNoLawExplainsHasNone) {
  EXPECT_FALSE(
      ResponseLaw::Fit(std::vector<double>{100, 200, 300, 400, 500}, std::vector<double>{9, 0.01, 7, 0.02, 0.001})
          .has_value());
  EXPECT_FALSE(ResponseLaw::Fit(std::vector<double>{100, 200}, std::vector<double>{1, 2}).has_value());
}

}  // namespace
}  // namespace tributary
