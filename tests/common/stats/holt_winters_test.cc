#include "common/stats/holt_winters.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Season = HoltWinters::Season;
using ::testing::HasSubstr;

// Box and Jenkins, series G: thousands of passengers a month, 1949 to 1960.
const std::vector<double> kAirPassengers = {
    112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158,
    133, 114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218,
    230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235,
    227, 234, 264, 302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278,
    284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404,
    347, 305, 336, 340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472,
    548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432};

// R: HoltWinters(AirPassengers, seasonal = "mult").
TEST(HoltWintersTest, AirPassengersAsRHasThem) {
  const auto model = HoltWinters::Fit(kAirPassengers, 12, Season::kMultiplicative);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_NEAR(model->weights().level, 0.2755925, 2e-4);
  EXPECT_NEAR(model->weights().trend, 0.03269295, 2e-4);
  EXPECT_NEAR(model->weights().season, 0.8707292, 2e-4);
  EXPECT_NEAR(model->squared_errors(), 16570.78, 0.01);
  EXPECT_EQ(model->errors(), 132u);
  EXPECT_NEAR(model->level(), 469.3232206, 0.05);
  EXPECT_NEAR(model->trend(), 3.0215391, 0.01);
}

TEST(HoltWintersTest, RsWeightsGiveRsErrors) {
  const auto model = HoltWinters::Make(kAirPassengers, 12, Season::kMultiplicative, {0.2755925, 0.03269295, 0.8707292});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_NEAR(model->squared_errors(), 16570.78, 0.005);
}

TEST(HoltWintersTest, AStraightSeasonGoesOn) {
  for (const Season season : {Season::kAdditive, Season::kMultiplicative}) {
    const auto truth = [season](size_t i) {
      const double figure[] = {0.9, 1.2, 0.8, 1.1};
      const double straight = 100 + 2.0 * static_cast<double>(i);
      return season == Season::kAdditive ? straight + 50 * (figure[i % 4] - 1) : straight * figure[i % 4];
    };
    std::vector<double> values;
    for (size_t i = 0; i < 39; ++i) values.push_back(truth(i));  // not a whole number of periods
    const auto model = HoltWinters::Fit(values, 4, season);
    ASSERT_TRUE(model.ok()) << model.status();
    for (size_t ahead = 1; ahead <= 12; ++ahead)
      EXPECT_NEAR(model->Forecast(ahead) / truth(38 + ahead), 1, 0.01) << ahead;
  }
}

TEST(HoltWintersTest, WhatCannotBeFittedIsNamed) {
  EXPECT_THAT(HoltWinters::Fit({1.0, 2.0, 3.0}, 2, Season::kAdditive).status().message(),
              HasSubstr("at least 5 values, there are 3"));
  EXPECT_THAT(HoltWinters::Fit({1.0, 2.0, 3.0, 0.0, 5.0}, 2, Season::kMultiplicative).status().message(),
              HasSubstr("value 4 is 0"));
  EXPECT_THAT(HoltWinters::Fit({1.0, 2.0, std::numeric_limits<double>::quiet_NaN(), 0.0, 5.0}, 2, Season::kAdditive)
                  .status()
                  .message(),
              HasSubstr("value 3 is not a number"));
}

}  // namespace
}  // namespace tributary
