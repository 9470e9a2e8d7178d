#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "common/sketch/centroid.h"
#include "common/sketch/coordinate.h"

namespace tributary {

// The quantile function that a digest's rows stand for.
//
// An atom is a step. Any other centroid holds a parabola over rank whose average is its mean: the mean is known
// exactly, so the parabolas have the exact integral everywhere. The value where two centroids meet comes from a cubic
// through the integral over four of them. A repeated value says nothing about its neighbours' density, so beside an
// atom heavier than the lightest one a centroid mirrors its other half.
//
// Source:  Colella and Woodward, "The Piecewise Parabolic Method", J. Comput. Phys. 54 (1984), equations 1.5 to 1.10;
//          cells are centroids, widths are weights.
// Threads: a read-only view; the rows must outlive it.
class Reconstruction {
 public:
  // REQUIRES: rows ascend, are not empty and lie in [min, max].
  Reconstruction(absl::Span<const Centroid> rows, Coordinate coordinate, double min, double max);

  // As TDigest::Quantiles.
  void Quantiles(absl::Span<const double> q, absl::Span<double> out) const;
  void Cdfs(absl::Span<const double> x, absl::Span<double> out) const;  // the same
  // Row `i` with its mean as an arithmetic mean.
  Centroid ArithmeticCentroid(size_t i) const;
  // Appends the rows, those of at least three of the lightest atoms' weight in four equal parts each.
  void AppendSplit(std::vector<Centroid>& out) const;

 private:
  // left + x (rise + bend (1 - x)) for x from 0 to 1, in the coordinate.
  struct Parabola {
    double left;
    double rise;
    double bend;

    double right() const { return left + rise; }
    double At(double x) const { return left + x * (rise + bend * (1 - x)); }
    double Average(int part) const;  // over quarter `part`
    double Inverse(double value) const;
  };

  // What neighbouring cells share, for who goes through them in order.
  struct Memo {
    size_t edge_row = SIZE_MAX;
    double edge = 0;
    size_t slope_row = SIZE_MAX;
    double slope = 0;
  };

  Parabola Cell(size_t i, Memo& memo) const;
  double Position(size_t i) const { return ToCoordinate(coordinate_, rows_[i].mean); }
  double Value(size_t i, double position) const;
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
