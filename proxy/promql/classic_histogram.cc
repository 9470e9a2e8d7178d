#include "proxy/promql/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tributary::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kRounding = 1e-12;  // relative; smaller steps are no steps

bool IsComplete(const std::vector<ClassicBucket>& buckets) {
  return buckets.size() >= 2 && buckets.back().upper == kInfinity && buckets.back().count != 0;
}

double LowerEnd(const std::vector<ClassicBucket>& buckets, size_t i) {
  if (i > 0) return buckets[i - 1].upper;
  return buckets[0].upper > 0 ? 0 : -kInfinity;
}

double Rank(const std::vector<ClassicBucket>& buckets, double value) {
  double below = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    const double lower = LowerEnd(buckets, i);
    if (lower >= value) break;
    const double upper = buckets[i].upper;
    if (upper <= value) {
      below = buckets[i].count;
    } else if (std::isinf(lower)) {
      return buckets[i].count;
    } else if (std::isfinite(upper)) {
      return below + (buckets[i].count - below) * (value - lower) / (upper - lower);
    }
  }
  return below;
}

}  // namespace

ClassicHistogram MakeClassicHistogram(std::vector<ClassicBucket> buckets) {
  std::stable_sort(buckets.begin(), buckets.end(), [](const auto& a, const auto& b) { return a.upper < b.upper; });
  ClassicHistogram histogram;
  for (const ClassicBucket& bucket : buckets) {
    if (!histogram.buckets.empty() && histogram.buckets.back().upper == bucket.upper) {
      histogram.buckets.back().count += bucket.count;
    } else {
      histogram.buckets.push_back(bucket);
    }
  }
  for (size_t i = 1; i < histogram.buckets.size(); ++i) {
    const double before = histogram.buckets[i - 1].count;
    double& count = histogram.buckets[i].count;
    if (std::abs(count - before) <= kRounding * std::min(std::abs(count), std::abs(before))) {
      count = before;
    } else if (count < before) {
      count = before;
      histogram.forced_monotonic = true;
    }
  }
  return histogram;
}

double ClassicQuantile(double phi, const ClassicHistogram& histogram) {
  const std::vector<ClassicBucket>& buckets = histogram.buckets;
  if (std::isnan(phi)) return kNaN;
  if (phi < 0) return -kInfinity;
  if (phi > 1) return kInfinity;
  if (!IsComplete(buckets)) return kNaN;
  const double rank = phi * buckets.back().count;
  const auto last = buckets.end() - 1;
  const auto found = std::find_if(buckets.begin(), last, [&](const ClassicBucket& b) { return b.count >= rank; });
  if (found == last) return (last - 1)->upper;
  if (found == buckets.begin() && found->upper <= 0) return found->upper;
  const double lower = LowerEnd(buckets, static_cast<size_t>(found - buckets.begin()));
  const double before = found == buckets.begin() ? 0 : (found - 1)->count;
  return lower + (found->upper - lower) * ((rank - before) / (found->count - before));
}

double ClassicFraction(double lower, double upper, const ClassicHistogram& histogram) {
  if (!IsComplete(histogram.buckets) || std::isnan(lower) || std::isnan(upper)) return kNaN;
  if (lower >= upper) return 0;
  return (Rank(histogram.buckets, upper) - Rank(histogram.buckets, lower)) / histogram.buckets.back().count;
}

}  // namespace tributary::promql
