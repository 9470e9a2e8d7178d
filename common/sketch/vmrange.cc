#include "common/sketch/vmrange.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/sketch/rounding.h"

namespace tributary {
namespace {

constexpr int kLowestDecade = -9;
constexpr int kHighestDecade = 18;
constexpr int kPerDecade = 18;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Where buckets end, and how labels write it.
struct Grid {
  Grid() {
    const double factor = std::pow(10, 1.0 / kPerDecade);
    double bound = std::pow(10, kLowestDecade);
    for (int i = 0; i <= (kHighestDecade - kLowestDecade) * kPerDecade; ++i, bound *= factor) {
      texts.push_back(absl::StrFormat("%.3e", bound));
      bounds.push_back(std::strtod(texts.back().c_str(), nullptr));
    }
  }
  std::string Range(size_t bucket) const {  // bucket k ends at bound k
    return absl::StrCat(bucket == 0 ? "0" : texts[bucket - 1], "...", bucket == texts.size() ? "+Inf" : texts[bucket]);
  }
  // The bucket that holds the value.
  size_t Find(double value) const { return std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin(); }

  std::vector<std::string> texts;
  std::vector<double> bounds;
};

}  // namespace

std::vector<VmrangeBucket> VmrangeBuckets(const TDigest& digest) {
  static const Grid* const kGrid = new Grid;
  std::vector<VmrangeBucket> buckets;
  const auto total = static_cast<uint64_t>(std::llround(digest.count().ToDouble()));
  if (total == 0 || digest.max() < 0) return buckets;

  // Each end is just beyond the bound, so that what equals it is on its side. What is below zero is a share of its own.
  const size_t first = kGrid->Find(std::max(0.0, digest.min()));
  const size_t last = kGrid->Find(digest.max());
  std::vector<double> ends = {std::nextafter(0, -kInfinity)};
  for (size_t k = first; k < last; ++k) ends.push_back(std::nextafter(kGrid->bounds[k], kInfinity));
  ends.push_back(kInfinity);
  std::vector<double> shares(ends.size());
  digest.Cdfs(ends, absl::MakeSpan(shares));
  for (size_t i = shares.size() - 1; i > 0; --i) shares[i] -= shares[i - 1];
  for (double& share : shares) share *= static_cast<double>(total);

  const std::vector<uint64_t> counts = RoundedTogether(shares, total);
  for (size_t k = first; k <= last; ++k) {
    if (counts[k - first + 1] > 0) buckets.push_back({kGrid->Range(k), counts[k - first + 1]});
  }
  return buckets;
}

}  // namespace tributary
