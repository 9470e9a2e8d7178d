#pragma once

#include <variant>

#include "common/aggregate/aggregate.h"
#include "common/sketch/tdigest_merger.h"

namespace tributary {

// Merges what many sources have of one series in one interval. Unlike MergeInto it keeps the sources' centroids until
// Finish, so that the result depends only on the set of (source, aggregate) pairs: equal sets give equal bytes, in any
// order. Finish may be called, more added, and Finish called again. Thread-compatible.
class AggregateMerger {
 public:
  struct Options {
    double compression = 500;
    // Above it sources are compacted by hash, and the result is only equal within the digest's error.
    size_t buffer_centroids = TDigestMerger::kDefaultBufferCentroids;
  };
  AggregateMerger(MetricType type, const Options& options);

  // REQUIRES: AgreesWithType(aggregate, type).
  void Add(const Aggregate& aggregate, const InstanceId& source);
  // The same, and keeps what a digest holds: for what has just been decoded.
  void Add(Aggregate&& aggregate, const InstanceId& source);
  Aggregate Finish() const;
  // Sources were compacted: from then on the order in which they came shows in the result, within the digest's error.
  bool approximate_order() const;
  size_t MemoryBytes() const;

 private:
  struct DistributionMerger {
    TDigestMerger digest;
    std::optional<Fixed192> reciprocal_sum = Fixed192();
  };
  template <class Distribution>
  void AddDistribution(Distribution&& distribution, const InstanceId& source);

  Options options_;
  std::variant<Aggregate, DistributionMerger> state_;  // all but distributions merge as they come
};

}  // namespace tributary
