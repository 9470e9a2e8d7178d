#include "common/sketch/reconstruction.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/common/sketch/rank_oracle.h"

namespace tributary {
namespace {

// Rows as an agent has them: single values at the ends, averages between; here and there a repeated value.
std::vector<Centroid> Rows(uint64_t seed, bool with_spikes) {
  Random random(seed);
  std::vector<Centroid> rows;
  double mean = 1;
  for (int i = 0; i < 200; ++i) {
    mean += 0.01 + Uniform(random);
    const bool end = i < 3 || i >= 197;
    const bool spike = with_spikes && !end && random() % 8 == 0;
    const double weight = end ? 1 : static_cast<double>(2 + random() % 40);
    rows.push_back(Centroid{.mean = mean, .weight = weight, .atom = end || spike});
  }
  return rows;
}

std::vector<Centroid> Split(const Reconstruction& reconstruction, size_t rows, bool finely) {
  std::vector<Centroid> parts(Reconstruction::kMostParts * rows);
  parts.resize(reconstruction.Split(finely, parts.data()) - parts.data());
  return parts;
}

// What the quantile function, asked a thousand times, averages over the ranks that `weight` takes from `left` on.
double AverageOfQuantiles(const Reconstruction& reconstruction, double left, double weight) {
  constexpr int kPoints = 1000;
  std::vector<double> q(kPoints);
  for (int i = 0; i < kPoints; ++i) q[i] = (left + weight * (i + 0.5) / kPoints) / reconstruction.weight();
  std::vector<double> values(kPoints);
  reconstruction.Quantiles(q, absl::MakeSpan(values));
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / kPoints;
}

TEST(ReconstructionTest, PartsAreAveragesOfTheQuantileFunction) {
  for (const bool with_spikes : {false, true}) {
    for (const bool finely : {false, true}) {
      const std::vector<Centroid> rows = Rows(1 + with_spikes, with_spikes);
      const Reconstruction reconstruction(rows, Coordinate::kLinear, rows.front().mean, rows.back().mean);
      double left = 0;
      for (const Centroid& part : Split(reconstruction, rows.size(), finely)) {
        if (!part.atom && part.weight >= 0.5) {
          EXPECT_NEAR(part.mean, AverageOfQuantiles(reconstruction, left, part.weight), 1e-4) << "at weight " << left;
        }
        left += part.weight;
      }
      EXPECT_EQ(left, reconstruction.weight());
    }
  }
}

TEST(ReconstructionTest, PartsAverageToTheirRowAndAscend) {
  const std::vector<Centroid> rows = Rows(3, false);
  const Reconstruction reconstruction(rows, Coordinate::kLinear, rows.front().mean, rows.back().mean);
  const std::vector<Centroid> parts = Split(reconstruction, rows.size(), false);
  size_t next = 0;
  for (const Centroid& row : rows) {
    double weight = 0;
    double moment = 0;
    for (; weight < row.weight; ++next) {
      weight += parts[next].weight;
      moment += parts[next].weight * parts[next].mean;
      if (next > 0) {
        EXPECT_GE(parts[next].mean, parts[next - 1].mean);
      }
    }
    EXPECT_EQ(weight, row.weight);
    EXPECT_NEAR(moment / weight, row.mean, 1e-9);
  }
  EXPECT_EQ(next, parts.size());
}

TEST(ReconstructionTest, HeavyRowsAreSplitMoreThanLightOnes) {
  std::vector<Centroid> rows = {{1, 1, true},   {2, 1, true},   {3, 2, false}, {4, 3, false},
                                {5, 16, false}, {6, 17, false}, {7, 1, true},  {8, 1, true}};
  const Reconstruction reconstruction(rows, Coordinate::kLinear, 1, 8);
  EXPECT_EQ(Split(reconstruction, rows.size(), false).size(), 4 + 1 + 2 + 4 + 4);
  EXPECT_EQ(Split(reconstruction, rows.size(), true).size(), 4 + 1 + 4 + 8 + 8);
}

}  // namespace
}  // namespace tributary
