#pragma once

#include <vector>

namespace tributary::promql {

// A histogram as series with the label `le`: how many were at or below each bound.
struct ClassicBucket {
  double upper = 0;
  double count = 0;  // cumulative
};

// What is left of the buckets when they are sorted, those of one bound added, and counts that fall lifted to the one
// before: scrapes and rates are not atomic over the buckets.
struct ClassicHistogram {
  std::vector<ClassicBucket> buckets;
  bool forced_monotonic = false;  // by more than rounding
};
ClassicHistogram MakeClassicHistogram(std::vector<ClassicBucket> buckets);

// Linear within a bucket, the first beginning at 0 where its bound is positive; NaN without a bucket to +Inf.
// Source: Prometheus, histogram_quantile and histogram_fraction.
double ClassicQuantile(double phi, const ClassicHistogram& histogram);
double ClassicFraction(double lower, double upper, const ClassicHistogram& histogram);

}  // namespace tributary::promql
