#include "common/sketch/exponential_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/check.h"
#include "common/sketch/rounding.h"

namespace tributary {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double LowerBound(int scale, int64_t index) { return std::exp2(std::ldexp(static_cast<double>(index), -scale)); }

// Of a magnitude: bucket bounds belong to the bucket below them.
int64_t IndexOf(int scale, double magnitude) {
  int64_t index = static_cast<int64_t>(std::ceil(std::ldexp(std::log2(magnitude), scale))) - 1;
  // The logarithm may be off by a rounding where it matters.
  if (LowerBound(scale, index) >= magnitude) --index;
  if (LowerBound(scale, index + 1) < magnitude) ++index;
  return index;
}

// Magnitudes of one sign; none when low > high.
struct Range {
  double low = kInfinity;
  double high = 0;

  bool empty() const { return low > high; }
  void Widen(double magnitude) {
    low = std::min(low, magnitude);
    high = std::max(high, magnitude);
  }
  int64_t BucketsAt(int scale) const { return empty() ? 0 : IndexOf(scale, high) - IndexOf(scale, low) + 1; }
};

struct Ranges {
  explicit Ranges(const TDigest& digest) {
    Widen(digest.min());
    Widen(digest.max());
    for (const Centroid& centroid : digest.Centroids()) Widen(centroid.mean);
  }
  void Widen(double value) {
    if (value > 0) positive.Widen(value);
    if (value < 0) negative.Widen(-value);
  }
  Range positive;
  Range negative;
};

int ChooseScale(const Ranges& ranges, int max_buckets, int max_scale) {
  int scale = max_scale;
  while (scale > ExponentialHistogram::kMinScale &&
         std::max(ranges.positive.BucketsAt(scale), ranges.negative.BucketsAt(scale)) > max_buckets) {
    --scale;
  }
  return scale;
}

// Where buckets end, ascending, each just beside the bound so that what equals the bound is on its side: the negative
// buckets, which hold the bound of larger magnitude, zero, and the positive ones, which hold their upper bound.
std::vector<double> BucketEnds(const ExponentialHistogram& histogram) {
  std::vector<double> ends;
  for (size_t k = histogram.negative.counts.size(); k > 0; --k) {
    const double bound =
        k == 1 ? 0 : -LowerBound(histogram.scale, histogram.negative.offset + static_cast<int64_t>(k) - 1);
    ends.push_back(std::nextafter(bound, -kInfinity));
  }
  ends.push_back(std::nextafter(0, kInfinity));
  for (size_t k = 1; k <= histogram.positive.counts.size(); ++k) {
    ends.push_back(
        std::nextafter(LowerBound(histogram.scale, histogram.positive.offset + static_cast<int64_t>(k)), kInfinity));
  }
  ends.back() = kInfinity;
  return ends;
}

ExponentialHistogram::Buckets EmptyBuckets(const Range& range, int scale) {
  ExponentialHistogram::Buckets buckets;
  if (range.empty()) return buckets;
  buckets.offset = static_cast<int32_t>(IndexOf(scale, range.low));
  buckets.counts.resize(static_cast<size_t>(range.BucketsAt(scale)));
  return buckets;
}

ExponentialHistogram::Buckets Coarser(const ExponentialHistogram::Buckets& buckets, int steps) {
  ExponentialHistogram::Buckets coarse;
  if (buckets.counts.empty()) return coarse;
  coarse.offset = buckets.offset >> steps;
  const int64_t last = buckets.offset + static_cast<int64_t>(buckets.counts.size()) - 1;
  coarse.counts.resize(static_cast<size_t>((last >> steps) - coarse.offset + 1));
  for (size_t k = 0; k < buckets.counts.size(); ++k) {
    coarse.counts[((buckets.offset + static_cast<int64_t>(k)) >> steps) - coarse.offset] += buckets.counts[k];
  }
  return coarse;
}

}  // namespace

ExponentialHistogram ExponentialHistogram::FromDigest(const TDigest& digest, int max_buckets, int max_scale) {
  ExponentialHistogram histogram;
  histogram.scale = max_scale;
  histogram.count = static_cast<uint64_t>(std::llround(digest.count().ToDouble()));
  if (histogram.count == 0) return histogram;
  histogram.sum = digest.sum().ToDouble();
  histogram.min = digest.min();
  histogram.max = digest.max();
  const Ranges ranges(digest);
  histogram.scale = ChooseScale(ranges, max_buckets, max_scale);
  histogram.positive = EmptyBuckets(ranges.positive, histogram.scale);
  histogram.negative = EmptyBuckets(ranges.negative, histogram.scale);

  const std::vector<double> ends = BucketEnds(histogram);
  std::vector<double> shares(ends.size());
  digest.Cdfs(ends, absl::MakeSpan(shares));
  for (size_t i = shares.size() - 1; i > 0; --i) shares[i] -= shares[i - 1];
  for (double& share : shares) share *= static_cast<double>(histogram.count);

  const std::vector<uint64_t> counts = RoundedTogether(shares, histogram.count);
  const auto zero = counts.begin() + static_cast<ptrdiff_t>(histogram.negative.counts.size());
  std::reverse_copy(counts.begin(), zero, histogram.negative.counts.begin());
  histogram.zero_count = *zero;
  std::copy(zero + 1, counts.end(), histogram.positive.counts.begin());
  return histogram;
}

ExponentialHistogram ExponentialHistogram::Downscaled(int steps) const {
  TRIBUTARY_CHECK(steps >= 0 && steps <= scale - kMinScale);
  ExponentialHistogram coarse = *this;
  coarse.scale -= steps;
  coarse.positive = Coarser(positive, steps);
  coarse.negative = Coarser(negative, steps);
  return coarse;
}

}  // namespace tributary
