#include "common/stats/mmc_queue.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

TEST(MmcQueueTest, EightServersAtThreeQuarters) {
  const auto queue = MmcQueue::Make(8, 100, 600);
  ASSERT_TRUE(queue.ok()) << queue.status();
  EXPECT_DOUBLE_EQ(queue->utilisation(), 0.75);
  EXPECT_NEAR(queue->WaitProbability(), 0.356981, 5e-7);
  EXPECT_NEAR(queue->MeanResponse() * 1000, 11.784905, 5e-7);
  EXPECT_NEAR(queue->ResponseQuantile(0.99) * 1000, 49.0849, 5e-5);
}

// M/M/1: the response is exponential with the rate that is to spare.
TEST(MmcQueueTest, OneServerIsExponential) {
  const auto queue = MmcQueue::Make(1, 10, 7);
  ASSERT_TRUE(queue.ok()) << queue.status();
  EXPECT_NEAR(queue->WaitProbability(), 0.7, 1e-12);
  EXPECT_NEAR(queue->MeanResponse(), 1 / 3.0, 1e-12);
  for (const double t : {0.1, 0.5, 2.0}) EXPECT_NEAR(queue->ResponseTail(t), std::exp(-3 * t), 1e-12);
  EXPECT_NEAR(queue->ResponseQuantile(0.99), -std::log(0.01) / 3, 1e-12);
}

// Where the wait ends at the rate of a service the closed form has 0 / 0.
TEST(MmcQueueTest, TheTailIsSmoothWhereTheFormulaIsNot) {
  const double at = MmcQueue::Make(4, 1, 3)->ResponseTail(2);
  EXPECT_NEAR(at, MmcQueue::Make(4, 1, 3 - 1e-7)->ResponseTail(2), 1e-6);
  EXPECT_NEAR(at, MmcQueue::Make(4, 1, 3 + 1e-7)->ResponseTail(2), 1e-6);
}

TEST(MmcQueueTest, ASimulatedQueueAgrees) {
  constexpr size_t kServers = 3;
  std::mt19937_64 random(11);
  std::exponential_distribution<double> arrivals(5.0), services(2.0);
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (size_t i = 0; i < kServers; ++i) free_at.push(0);
  std::vector<double> responses;
  double now = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    now += arrivals(random);
    const double begins = std::max(now, free_at.top());
    free_at.pop();
    const double ends = begins + services(random);
    free_at.push(ends);
    if (i > 10'000) responses.push_back(ends - now);
  }
  std::sort(responses.begin(), responses.end());
  const auto queue = MmcQueue::Make(kServers, 2, 5);
  for (const double q : {0.5, 0.9, 0.99}) {
    const double simulated = responses[static_cast<size_t>(q * static_cast<double>(responses.size()))];
    EXPECT_NEAR(queue->ResponseQuantile(q) / simulated, 1, 0.05) << q;
  }
}

TEST(MmcQueueTest, AnOverloadedQueueIsNamed) {
  EXPECT_THAT(MmcQueue::Make(2, 10, 20).status().message(), HasSubstr("grows without end"));
  EXPECT_THAT(MmcQueue::Make(0, 10, 20).status().message(), HasSubstr("servers"));
  EXPECT_THAT(MmcQueue::Make(2, -1, 20).status().message(), HasSubstr("positive"));
}

TEST(MmcQueueTest, FitsTheQueueThatMadeThePoints) {
  std::vector<double> rates, responses;
  for (double rate = 100; rate <= 780; rate += 40) {
    rates.push_back(rate);
    responses.push_back(MmcQueue::Make(8, 100, rate)->MeanResponse());
  }
  const auto fit = FitMmc(rates, responses);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_EQ(fit->servers, 8u);
  EXPECT_NEAR(fit->service_rate, 100, 1e-3);
}

}  // namespace
}  // namespace tributary
