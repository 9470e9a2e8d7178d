#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/fixed_point.h"
#include "common/sketch/centroid.h"

namespace tributary {

// Any quantile of a stream of weighted samples, finest at the tails; merges with others of its kind.
//
// Shape:   up to 1,024 raw samples wait in a buffer (8, 32, 128, 512, 1,024 slots); a fold sorts them into centroids,
//          cut at twice the compression, which is halved when the digest is published (Encode, Recompressed).
// Exact:   count, sum (on the grids of fixed_point.h), min and max; quantiles, while there are no more different values
//          than `compression`, and at values that hold at least 2 / compression of all the weight.
// Error:   relative to the nearer tail; docs/sketches.md has the figures.
// Merge:   append all, sort once, compress once: the order of digests does not matter, their grouping does within the
//          error.
// Memory:  40 bytes when empty; about 8 bytes a sample, then 24 bytes a centroid.
// Threads: thread-compatible. Const members never write, so readers need no lock among themselves; on a digest with
//          samples waiting each Quantile, Cdf and Encode folds a copy. Call Compress first to pay that once.
// Source:  Dunning, "The t-digest", Software Impacts 2021; size limit, atoms and reconstruction: docs/sketches.md.
class TDigest {
 public:
  static constexpr double kMinCompression = 20;
  static constexpr double kMaxCompression = 1000;

  // Compression is rounded to a whole number within the limits. A non-zero dither seed (hash of host and series)
  // moves the cuts a little, so that the errors of many hosts' digests do not add up.
  explicit TDigest(double compression = 100, uint64_t dither_seed = 0);
  TDigest(const TDigest& other);
  TDigest& operator=(const TDigest& other);
  TDigest(TDigest&&) noexcept;
  TDigest& operator=(TDigest&&) noexcept;
  ~TDigest();

  // False, and nothing changed, unless value * weight fits Fixed192 and weight, rounded to 2^-30, is more than 0 and
  // fits Fixed128.
  bool Add(double value, double weight = 1) {
    if (weight != 1 || pending_.size() == pending_.capacity() || !Fixed192::Representable(value)) {
      return AddSlowly(value, weight);
    }
    pending_.push_back(value + 0.0);  // no negative zero
    return true;
  }
  // Adds what all of them hold. One of them may be this one.
  void Merge(absl::Span<const TDigest* const> digests);
  // Folds waiting samples in; no answer changes by more than the error, reads become cheaper.
  void Compress();

  // The value at rank q * count, q clamped to [0, 1]; NaN when empty or q is NaN.
  double Quantile(double q) const;
  // The same for many q in one pass, fastest when they ascend. REQUIRES: equal sizes.
  void Quantiles(absl::Span<const double> q, absl::Span<double> out) const;
  // The share of weight below x, plus half the weight at x; NaN when empty or x is NaN.
  double Cdf(double x) const;
  // The same for many x in one pass, fastest when they ascend. REQUIRES: equal sizes.
  void Cdfs(absl::Span<const double> x, absl::Span<double> out) const;

  Fixed128 count() const;
  Fixed192 sum() const;
  double min() const;  // NaN when empty
  double max() const;  // NaN when empty
  bool empty() const { return pending_.empty() && body_ == nullptr; }
  double compression() const { return compression_; }
  // What is published: ascending, atoms exact, the others with their arithmetic mean.
  std::vector<Centroid> Centroids() const;

  // Cut at another compression, as rows are stored.
  TDigest Recompressed(double compression) const;

  // Appends the wire form (docs/sketches.md). Equal contents folded at the same points give equal bytes.
  void Encode(std::string& out) const;
  static absl::StatusOr<TDigest> Decode(absl::string_view bytes);
  // From another system's centroids (arithmetic means, any order); min and max widen to contain them. Fails on what
  // Add would refuse, and on more than kMaxCentroids.
  static absl::StatusOr<TDigest> FromCentroids(absl::Span<const Centroid> centroids, double min, double max,
                                               double compression);
  static constexpr size_t kMaxCentroids = 1 << 14;

  size_t MemoryBytes() const;

 private:
  friend class TDigestMerger;
  struct Body;

  bool AddSlowly(double value, double weight);
  bool Waiting() const;
  // Everything, cut anew.
  void Fold(uint16_t compression, Body& folded) const;
  // The thread's, which the next Folded or Published writes again: reading a digest asks for no memory.
  static Body& ScratchBody();
  // Everything, cut for work or for publishing: *body_ if it is that already. REQUIRES: !empty().
  const Body& Folded() const;
  const Body& Published() const;

  uint16_t compression_;
  uint16_t dither_;              // the factor of the size limit, in 1/1024
  std::vector<double> pending_;  // samples of weight 1; at most kMaxPending
  std::unique_ptr<Body> body_;   // never empty when present
};

}  // namespace tributary
