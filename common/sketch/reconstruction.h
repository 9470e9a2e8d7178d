#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "common/sketch/centroid.h"
#include "common/sketch/coordinate.h"
#include "common/sketch/parabola.h"

namespace tributary {

// The quantile function that a digest's rows stand for.
//
// An atom is a step. Any other centroid holds a parabola over rank whose average is its mean: the mean is known
// exactly, so the parabolas have the exact integral everywhere. The value where two centroids meet comes from a cubic
// through the integral over four of them. A repeated value says nothing about its neighbours' density, so beside an
// atom heavier than the lightest one a centroid mirrors its other half.
//
// Source:  parabola.h; cells are centroids, widths are weights, values are positions in the coordinate.
// Threads: a read-only view; the rows must outlive it.
class Reconstruction {
 public:
  // REQUIRES: rows ascend, are not empty and lie in [min, max].
  Reconstruction(absl::Span<const Centroid> rows, Coordinate coordinate, double min, double max);

  // As TDigest::Quantiles.
  void Quantiles(absl::Span<const double> q, absl::Span<double> out) const;
  void Cdfs(absl::Span<const double> x, absl::Span<double> out) const;  // the same
  double weight() const { return total_; }
  // Row `i` with its mean as an arithmetic mean.
  Centroid ArithmeticCentroid(size_t i) const;
  // Writes the rows. Averages of at least three of the lightest atom's weight come in equal parts along their parabola:
  // four, the light ones (of a fifth of the heaviest average) two, `finely` eight and four. Returns the end of what it
  // wrote. REQUIRES: room for kMostParts times as many.
  Centroid* Split(bool finely, Centroid* out) const;
  static constexpr size_t kMostParts = 8;

 private:
  // What neighbouring cells share, for who goes through them in order.
  struct Memo {
    size_t edge_row = SIZE_MAX;
    double edge = 0;
    size_t slope_row = SIZE_MAX;
    double slope = 0;
  };

  Parabola Cell(size_t i, Memo& memo) const;
  template <int kParts>
  Centroid* WriteParts(size_t i, const Parabola& cell, Centroid* out) const;
  double Position(size_t i) const { return ToCoordinate(coordinate_, rows_[i].mean); }
  // Never beyond the neighbours' means, so that the whole function ascends.
  double Value(size_t i, double position) const {
    const double low = i == 0 ? min_ : rows_[i - 1].mean;
    const double high = i + 1 == rows_.size() ? max_ : rows_[i + 1].mean;
    return std::min(std::max(FromCoordinate(coordinate_, position), low), high);
  }
  double ShareBelow(size_t i, double x, Memo& memo) const;
  bool IsSpike(size_t i) const { return rows_[i].atom && rows_[i].weight > 1.5 * lightest_atom_; }
  bool IsSmooth(size_t i) const { return i < rows_.size() && !IsSpike(i); }
  double Slope(size_t i) const;
  double Edge(size_t i, Memo& memo) const;

  absl::Span<const Centroid> rows_;
  Coordinate coordinate_;
  double min_;
  double max_;
  double total_ = 0;
  double lightest_atom_;
};

}  // namespace tributary
