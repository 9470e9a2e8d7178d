#include "common/sketch/rounding.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tributary {

std::vector<uint64_t> RoundedTogether(const std::vector<double>& shares, uint64_t total) {
  std::vector<uint64_t> counts(shares.size());
  uint64_t counted = 0;
  for (size_t i = 0; i < shares.size(); ++i) counted += counts[i] = static_cast<uint64_t>(std::max(0.0, shares[i]));
  std::vector<size_t> by_remainder(shares.size());
  std::iota(by_remainder.begin(), by_remainder.end(), size_t{0});
  const auto remainder = [&](size_t i) { return shares[i] - static_cast<double>(counts[i]); };
  std::stable_sort(by_remainder.begin(), by_remainder.end(),
                   [&](size_t a, size_t b) { return remainder(a) > remainder(b); });
  // Rounding of the shares may leave the sum off by a few either way; the largest counts bear what is too much.
  for (size_t i = 0; counted < total; i = (i + 1) % by_remainder.size(), ++counted) ++counts[by_remainder[i]];
  for (; counted > total; --counted) --*std::max_element(counts.begin(), counts.end());
  return counts;
}

}  // namespace tributary
