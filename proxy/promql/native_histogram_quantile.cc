// Where in a NativeHistogram a rank or a value lies. Within a bucket observations are taken to lie evenly: on a log
// scale in an exponential one, else linearly. Source: Prometheus 3, histogram_quantile and histogram_fraction.
#include <algorithm>
#include <cmath>
#include <limits>

#include "proxy/promql/native_histogram.h"

namespace tributary::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Bucket = Distribution::Bucket;

bool Linear(const Bucket& bucket, bool custom) { return custom || (bucket.lower <= 0 && bucket.upper >= 0); }

// The value below which `share` of the bucket lies.
double ValueAt(const Bucket& bucket, double share, bool custom) {
  if (Linear(bucket, custom)) return bucket.lower + (bucket.upper - bucket.lower) * share;
  const double lower = std::log2(std::abs(bucket.lower));
  const double upper = std::log2(std::abs(bucket.upper));
  return std::copysign(std::exp2(lower + (upper - lower) * share), bucket.lower);
}

// Which share of the bucket lies below the value. REQUIRES: the value lies in it.
double ShareBelow(const Bucket& bucket, double value, bool custom) {
  if (Linear(bucket, custom)) {
    if (std::isinf(bucket.lower)) return 1;
    if (std::isinf(bucket.upper)) return 0;
    return bucket.upper == bucket.lower ? 0 : (value - bucket.lower) / (bucket.upper - bucket.lower);
  }
  const double lower = std::log2(std::abs(bucket.lower));
  return (std::log2(std::abs(value)) - lower) / (std::log2(std::abs(bucket.upper)) - lower);
}

}  // namespace

std::vector<Bucket> NativeHistogram::InterpolationBuckets() const {
  std::vector<Bucket> buckets = Buckets();
  for (Bucket& bucket : buckets) {
    if (custom()) {
      if (std::isinf(bucket.lower) && bucket.upper > 0) bucket.lower = 0;
    } else if (bucket.lower <= 0 && bucket.upper >= 0) {
      if (parts_.negative.empty() && !parts_.positive.empty()) bucket.lower = 0;
      if (parts_.positive.empty() && !parts_.negative.empty()) bucket.upper = 0;
    }
  }
  return buckets;
}

double NativeHistogram::Quantile(double phi) const {
  if (phi < 0) return -kInfinity;
  if (phi > 1) return kInfinity;
  if (parts_.count == 0 || std::isnan(phi)) return kNaN;
  std::vector<Bucket> buckets = InterpolationBuckets();
  // From the nearer end: the smaller rank has the smaller rounding error. Observations that are NaN are in no bucket
  // and above all.
  const bool forward = phi < 0.5 || std::isnan(parts_.sum);
  if (!forward) std::reverse(buckets.begin(), buckets.end());
  const double rank = (forward ? phi : 1 - phi) * parts_.count;
  double before = 0;
  for (const Bucket& bucket : buckets) {
    if (before + bucket.count >= rank) {
      if (custom() && std::isinf(bucket.lower)) return bucket.upper;
      if (custom() && std::isinf(bucket.upper)) return bucket.lower;
      const double share = (rank - before) / bucket.count;
      return ValueAt(bucket, forward ? share : 1 - share, custom());
    }
    before += bucket.count;
  }
  if (buckets.empty() || std::isnan(parts_.sum)) return kNaN;
  return forward ? buckets.back().upper : buckets.back().lower;
}

double NativeHistogram::Fraction(double lower, double upper) const {
  if (parts_.count == 0 || std::isnan(lower) || std::isnan(upper)) return kNaN;
  if (lower >= upper) return 0;
  const std::vector<Bucket> buckets = InterpolationBuckets();
  const auto rank = [&](double value) {
    double below = 0;
    for (const Bucket& bucket : buckets) {
      if (bucket.lower >= value) break;
      below += bucket.upper > value ? bucket.count * ShareBelow(bucket, value, custom()) : bucket.count;
    }
    return std::min(below, parts_.count);
  };
  return (rank(upper) - rank(lower)) / parts_.count;
}

}  // namespace tributary::promql
