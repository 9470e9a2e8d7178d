#pragma once

#include <cstdint>
#include <vector>

#include "common/sketch/tdigest.h"

namespace tributary {

// A histogram whose bucket bounds are powers of 2^(2^-scale), as OpenTelemetry's exponential and Prometheus's native
// histograms have them. Buckets of equal scale add up; a scale is made coarser by adding neighbours.
//
// Source: OpenTelemetry, "Metrics Data Model", ExponentialHistogram. Prometheus's bucket of the same values has the
//         index plus one, and its schema is the scale, at most 8.
struct ExponentialHistogram {
  static constexpr int kMinScale = -10;
  static constexpr int kMaxScale = 20;

  // Bucket k counts magnitudes in (base^(offset + k), base^(offset + k + 1)].
  struct Buckets {
    int32_t offset = 0;
    std::vector<uint64_t> counts;

    friend bool operator==(const Buckets&, const Buckets&) = default;
  };

  int scale = kMaxScale;
  uint64_t zero_count = 0;
  Buckets positive;
  Buckets negative;
  uint64_t count = 0;
  double sum = 0;
  double min = 0;  // 0 when empty
  double max = 0;

  // At the finest scale up to `max_scale` at which each sign has at most `max_buckets`. The digest's count is rounded;
  // the counts of the buckets are shares of it by Cdf, rounded by largest remainder, so that they add up to it. Where
  // samples of both signs share a centroid, the smallest magnitudes are those of the centroids next to zero.
  static ExponentialHistogram FromDigest(const TDigest& digest, int max_buckets = 160, int max_scale = kMaxScale);

  // Coarser by `steps` scales, the same counts. REQUIRES: 0 <= steps <= scale - kMinScale.
  ExponentialHistogram Downscaled(int steps) const;

  friend bool operator==(const ExponentialHistogram&, const ExponentialHistogram&) = default;
};

}  // namespace tributary
