#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/base/fixed_point.h"
#include "common/sketch/centroid.h"
#include "common/sketch/coordinate.h"
#include "common/sketch/tdigest.h"

namespace tributary {

// Merges the digests of one series in one open window, however many arrive.
//
// Add keeps centroids. Finish splits heavy ones along their own reconstruction (hosts of equal size cut at equal
// quantiles; unsplit, their centroids clump and the errors add up), sorts and compresses once, so equal sets of digests
// give equal bytes in any order of Add.
//
// Bound:   `buffer_centroids` plus one digest, 24 bytes each; four times that of the thread's scratch while it cuts. A
// larger merge is compacted in 64 slots by source hash; from then on
//          approximate_order() is true and results of equal sets agree only within the error.
// Threads: thread-compatible.
class TDigestMerger {
 public:
  static constexpr size_t kMinBufferCentroids = 32768;
  // 8 MiB: about 3,000 hosts' digests at compression 100.
  static constexpr size_t kDefaultBufferCentroids = (8 << 20) / sizeof(Centroid);

  // Fewer count as that many: slots cut from less would err by more than 0.1 points of rank around the median.
  explicit TDigestMerger(size_t buffer_centroids = kDefaultBufferCentroids);

  void Add(const TDigest& digest, uint64_t source_hash);
  // The same, and keeps the digest's memory: for what has just been decoded.
  void Add(TDigest&& digest, uint64_t source_hash);
  // Everything added so far; more may follow, and another Finish.
  TDigest Finish(double compression) const;

  bool empty() const { return count_.IsZero(); }
  bool approximate_order() const { return approximate_order_; }
  Fixed128 count() const { return count_; }
  Fixed192 sum() const { return sum_; }
  double min() const { return min_; }  // NaN when empty
  double max() const { return max_; }  // NaN when empty
  size_t MemoryBytes() const;

 private:
  friend class TDigest;
  // The rows of one digest, or of one slot after compaction.
  struct Run {
    std::vector<Centroid> rows;
    uint8_t slot;
    Coordinate coordinate;
    double min;
    double max;
  };

  // With the rows that Run takes, not those of `body`.
  void AddRun(const TDigest::Body& body, std::vector<Centroid> rows, uint64_t source_hash);
  TDigest::Body CutAll(uint16_t compression, double dither) const;
  // Writes a run, split, to scratch.centroids from `used` on; returns how many are used then.
  size_t AppendSplit(const Run& run, size_t used, SketchScratch& scratch) const;
  void Compact();

  size_t buffer_centroids_;
  bool approximate_order_ = false;
  Fixed128 count_;
  Fixed192 sum_;
  double min_;
  double max_;
  std::vector<Run> runs_;
  size_t centroids_ = 0;       // in all runs
  size_t centroids_room_ = 0;  // what their memory holds
};

}  // namespace tributary
