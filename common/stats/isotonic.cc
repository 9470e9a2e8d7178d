#include "common/stats/isotonic.h"

#include <cstddef>

#include "common/base/check.h"

namespace tributary {
namespace {

struct Pool {
  double mean = 0;
  double weight = 0;
  size_t count = 0;
};

}  // namespace

std::vector<double> IsotonicRegression(absl::Span<const double> values, absl::Span<const double> weights) {
  TRIBUTARY_CHECK(values.size() == weights.size());
  std::vector<Pool> pools;
  for (size_t i = 0; i < values.size(); ++i) {
    TRIBUTARY_CHECK(weights[i] > 0);
    Pool pool{.mean = values[i], .weight = weights[i], .count = 1};
    for (; !pools.empty() && pools.back().mean > pool.mean; pools.pop_back()) {
      const Pool& before = pools.back();
      pool.mean = (before.mean * before.weight + pool.mean * pool.weight) / (before.weight + pool.weight);
      pool.weight += before.weight;
      pool.count += before.count;
    }
    pools.push_back(pool);
  }
  std::vector<double> fitted;
  fitted.reserve(values.size());
  for (const Pool& pool : pools) fitted.insert(fitted.end(), pool.count, pool.mean);
  return fitted;
}

}  // namespace tributary
