#include "common/sketch/centroid.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "hwy/targets.h"
#include "tests/common/sketch/rank_oracle.h"

namespace tributary {
namespace {

constexpr size_t kSizes[] = {0, 1, 2, 31, 32, 33, 257, 1024, 5000};

// Runs `check` with each instruction set that the machine has, and with none.
template <class Check>
void ForEachTarget(Check check) {
  const int64_t supported = hwy::SupportedTargets();
  for (int64_t targets = supported | HWY_SCALAR | HWY_EMU128; targets != 0; targets &= targets - 1) {
    const int64_t target = targets & -targets;
    if ((target & (supported | HWY_SCALAR | HWY_EMU128) & HWY_TARGETS) == 0) continue;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

std::vector<Centroid> RandomCentroids(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<Centroid> centroids(count);
  for (Centroid& c : centroids) {
    // Some equal, some equal in their leading bits only.
    const double mean = random() % 4 == 0 ? static_cast<double>(random() % 5) : Normal(random);
    c = Centroid{.mean = random() % 8 == 0 ? 1 + 1e-15 * Uniform(random) : mean,
                 .weight = static_cast<double>(1 + random() % 3),
                 .atom = random() % 2 == 0};
  }
  return centroids;
}

TEST(SortTest, ValuesAreSortedByEveryInstructionSet) {
  ForEachTarget([] {
    for (const size_t size : kSizes) {
      Random random(size);
      std::vector<double> values(size);
      for (double& value : values) value = std::exp(20 * Normal(random)) * (random() % 2 == 0 ? 1 : -1);
      std::vector<double> expected = values;
      std::sort(expected.begin(), expected.end());
      SortValues(absl::MakeSpan(values));
      EXPECT_EQ(values, expected) << "seed " << size;
    }
  });
}

TEST(SortTest, CentroidsAreSortedByEveryInstructionSet) {
  ForEachTarget([] {
    for (const size_t size : kSizes) {
      const std::vector<Centroid> centroids = RandomCentroids(size, size + 1);
      std::vector<Centroid> expected = centroids;
      std::sort(expected.begin(), expected.end(), [](const Centroid& a, const Centroid& b) {
        return std::make_tuple(a.mean, !a.atom, a.weight) < std::make_tuple(b.mean, !b.atom, b.weight);
      });
      std::vector<Centroid> sorted;
      const bool may_repeat = SortCentroids(centroids, sorted);
      EXPECT_EQ(sorted, expected) << "seed " << size + 1;
      const auto repeated = std::adjacent_find(sorted.begin(), sorted.end(),
                                               [](const Centroid& a, const Centroid& b) { return a.mean == b.mean; });
      EXPECT_TRUE(may_repeat || repeated == sorted.end()) << "seed " << size + 1;
    }
  });
}

}  // namespace
}  // namespace tributary
