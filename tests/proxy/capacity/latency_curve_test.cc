#include "proxy/capacity/latency_curve.h"

#include <cmath>
#include <random>

#include "gtest/gtest.h"
#include "tests/proxy/capacity/queue_steps.h"

namespace tributary {
namespace {

LatencyCurve CurveOf(double from, double to, double step) {
  auto curve = LatencyCurve::Fit(QueueSteps(from, to, step));
  EXPECT_TRUE(curve.ok()) << curve.status();
  return *std::move(curve);
}

// Kleinrock, M/M/8, 100 a second each: p99 49.0849 ms at 600.
TEST(LatencyCurveTest, OnePercentIsSlowerThanP99) {
  const LatencyCurve curve = CurveOf(200, 760, 20);
  const TailCurve tails = curve.Tails(0.0490849);
  EXPECT_NEAR(curve.TailAt(tails, 600), 0.01, 0.001);
  EXPECT_NEAR(curve.Quantile(0.99, {600}), 0.0490849, 0.001);
}

TEST(LatencyCurveTest, TailsNeverFall) {
  const LatencyCurve curve = CurveOf(200, 760, 10);
  std::mt19937_64 random(1);
  for (int i = 0; i < 50; ++i) {
    const TailCurve drawn = LatencyCurve::Redrawn(curve.Tails(0.05), random);
    double last = 0;
    for (double load = 100; load < 900; load += 7) {
      const double tail = curve.TailAt(drawn, load);
      EXPECT_GE(tail, last - 1e-12);
      last = tail;
    }
  }
}

// A host at 700 makes one request in twelve, and most of the slow ones.
TEST(LatencyCurveTest, FleetQuantileIsOfAllRequestsAndNoMeanOfQuantiles) {
  const LatencyCurve curve = CurveOf(200, 760, 10);
  std::vector<double> loads(38, 200);
  loads.push_back(700);
  const double fleet = curve.Quantile(0.99, loads);
  const double calm = MmcQueue::Make(8, 100, 200)->ResponseQuantile(0.99);
  double slow = 38 * 200 * MmcQueue::Make(8, 100, 200)->ResponseTail(fleet) +
                700 * MmcQueue::Make(8, 100, 700)->ResponseTail(fleet);
  EXPECT_NEAR(slow / (38 * 200 + 700), 0.01, 0.001);
  EXPECT_GT(fleet, calm);
}

TEST(LatencyCurveTest, BeyondTheDataTheQueueIsContinued) {
  const LatencyCurve curve = CurveOf(200, 600, 10);
  ASSERT_TRUE(curve.law().has_value());
  const double target = 0.08;
  const double truth = MmcQueue::Make(8, 100, 700)->ResponseTail(target);
  const double told = curve.TailAt(curve.Tails(target), 700);
  EXPECT_GT(told, curve.TailAt(curve.Tails(target), 600));
  // Stretching makes service times longer too, not waits alone: it errs on the careful side.
  EXPECT_GE(told, truth);
  EXPECT_LE(told, 3 * truth);
  EXPECT_EQ(curve.TailAt(curve.Tails(target), 900), 1) << "more than 8 servers serve";
}

TEST(LatencyCurveTest, FewRequestsGoToTheirNeighbours) {
  std::vector<LoadStep> steps;
  for (int load = 1; load <= 100; ++load) steps.push_back({static_cast<double>(load), QueueLatencies(1, 1000, 1, 10)});
  const auto curve = LatencyCurve::Fit(std::move(steps));
  ASSERT_TRUE(curve.ok());
  EXPECT_LE(curve->bins(), 5u);
}

TEST(LatencyCurveTest, WithoutLatenciesThereIsNone) {
  EXPECT_FALSE(LatencyCurve::Fit({}).ok());
  EXPECT_FALSE(LatencyCurve::Fit({{100, nullptr}}).ok());
}

// Nothing but one load: what is beyond cannot be told.
TEST(LatencyCurveTest, OneLoadTellsNothingOfHigherOnes) {
  const LatencyCurve curve = CurveOf(200, 200, 1);
  EXPECT_FALSE(curve.law().has_value());
  EXPECT_TRUE(std::isnan(curve.TailAt(curve.Tails(0.05), 250)));
  EXPECT_TRUE(std::isnan(curve.Quantile(0.99, {250})));
}

}  // namespace
}  // namespace tributary
