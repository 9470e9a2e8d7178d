#include "common/stats/curve_fit.h"

#include <cmath>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;

// NIST StRD "Misra1a": y = b1 (1 - exp(-b2 x)).
const std::vector<double> kMisraY = {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02,
                                     44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78};
const std::vector<double> kMisraX = {77.6,  114.9, 141.1, 190.8, 239.9, 289.0, 332.8,
                                     378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0};

double Misra(double x, absl::Span<const double> b, absl::Span<double> gradient) {
  const double left = std::exp(-b[1] * x);
  gradient[0] = 1 - left;
  gradient[1] = b[0] * x * left;
  return b[0] * (1 - left);
}

class MisraTest : public ::testing::TestWithParam<std::vector<double>> {};

TEST_P(MisraTest, GivesTheCertifiedValues) {
  const auto fit = FitCurve(Misra, kMisraX, kMisraY, GetParam());
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_NEAR(fit->parameters[0] / 2.3894212918E+02, 1, 1e-9);
  EXPECT_NEAR(fit->parameters[1] / 5.5015643181E-04, 1, 1e-9);
  EXPECT_NEAR(fit->standard_errors[0] / 2.7070075241E+00, 1, 1e-8);
  EXPECT_NEAR(fit->standard_errors[1] / 7.2668688436E-06, 1, 1e-8);
  EXPECT_NEAR(fit->residual_deviation / 1.0187876330E-01, 1, 1e-9);
}

// NIST's own two starts; the first is far away.
INSTANTIATE_TEST_SUITE_P(Starts, MisraTest,
                         ::testing::Values(std::vector<double>{500, 0.0001}, std::vector<double>{250, 0.0005}));

TEST(CurveFitTest, TooFewPointsAreRefused) {
  EXPECT_THAT(FitCurve(Misra, {1.0, 2.0}, {1.0, 2.0}, {1.0, 1.0}).status().message(),
              HasSubstr("at least 3 points, there are 2"));
}

TEST(CurveFitTest, ParametersThatDoTheSameAreRefused) {
  const auto twins = [](double x, absl::Span<const double> p, absl::Span<double> gradient) {
    gradient[0] = gradient[1] = x;
    return (p[0] + p[1]) * x;
  };
  EXPECT_THAT(FitCurve(twins, {1.0, 2.0, 3.0, 4.0}, {1.0, 2.0, 3.1, 4.0}, {1.0, 1.0}).status().message(),
              HasSubstr("tell the parameters apart"));
}

}  // namespace
}  // namespace tributary
