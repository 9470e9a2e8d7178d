// Heavy rows in parts, before a merge sorts them.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "common/sketch/reconstruction.h"

namespace tributary {
namespace {

constexpr double kWorthSplitting = 3;  // lightest atoms
constexpr double kLight = 0.2;         // of the heaviest average

// The parabolas of up to kMaxCells neighbouring rows, each step for all of them before the next, so that a compiler
// makes vectors of it. Right only for rows with two smooth ones on each side.
class ParabolaBlock {
 public:
  static constexpr ptrdiff_t kMaxCells = 64;

  bool Holds(ptrdiff_t row) const { return row >= begin_ && row < begin_ + cells_; }
  Parabola At(ptrdiff_t row) const {
    const ptrdiff_t i = row - begin_;
    return {left_[i], rise_[i], bend_[i]};
  }

  // REQUIRES: begin >= 2, and two rows follow the last cell.
  void Load(absl::Span<const Centroid> rows, Coordinate coordinate, ptrdiff_t begin) {
    begin_ = begin;
    cells_ = std::min(kMaxCells, static_cast<ptrdiff_t>(rows.size()) - 2 - begin);
    for (ptrdiff_t i = 0; i < cells_ + 4; ++i) {
      const Centroid& row = rows[begin - 2 + i];
      mean_[i] = ToCoordinate(coordinate, row.mean);
      width_[i] = row.weight;
    }
    Compute();
  }

 private:
  // Index 0 of each array is two rows before the first cell of mean_ and width_, one before of slope_ and of meeting_
  // (with the next), the first cell itself of the others.
  void Compute() {
    for (ptrdiff_t i = 0; i < cells_ + 2; ++i) {
      slope_[i] =
          LimitedSlope(width_[i], width_[i + 1], width_[i + 2], mean_[i + 1] - mean_[i], mean_[i + 2] - mean_[i + 1]);
    }
    for (ptrdiff_t i = 0; i < cells_ + 1; ++i) {
      meeting_[i] = mean_[i + 1] + Meeting(width_[i], width_[i + 1], width_[i + 2], width_[i + 3],
                                           mean_[i + 2] - mean_[i + 1], slope_[i], slope_[i + 1]);
    }
    for (ptrdiff_t i = 0; i < cells_; ++i) {
      const Parabola cell = LimitedParabola(meeting_[i], mean_[i + 2], meeting_[i + 1]);
      left_[i] = cell.left;
      rise_[i] = cell.rise;
      bend_[i] = cell.bend;
    }
  }

  ptrdiff_t begin_ = 0;
  ptrdiff_t cells_ = 0;
  double mean_[kMaxCells + 4];
  double width_[kMaxCells + 4];
  double slope_[kMaxCells + 2];
  double meeting_[kMaxCells + 1];
  double left_[kMaxCells];
  double rise_[kMaxCells];
  double bend_[kMaxCells];
};

}  // namespace

template <int kParts>
Centroid* Reconstruction::WriteParts(size_t i, const Parabola& cell, Centroid* out) const {
  const double weight = rows_[i].weight / kParts;
  double means[kParts];
  for (int part = 0; part < kParts; ++part) means[part] = Value(i, cell.Average(part, kParts));
  for (const double mean : means) *out++ = Centroid{.mean = mean, .weight = weight, .atom = false};
  return out;
}

Centroid* Reconstruction::Split(bool finely, Centroid* out) const {
  const double least = kWorthSplitting * (std::isinf(lightest_atom_) ? 1 : lightest_atom_);
  double heaviest = 0;
  for (const Centroid& row : rows_) heaviest = row.atom ? heaviest : std::max(heaviest, row.weight);
  const double light = kLight * heaviest;

  ParabolaBlock block;
  Memo memo;
  ptrdiff_t rough = -1;  // the last row up to i + 2 that is a spike or none at all
  for (size_t i = 0; i < rows_.size(); ++i) {
    const auto row = static_cast<ptrdiff_t>(i);
    for (ptrdiff_t k = i == 0 ? 0 : row + 2; k <= row + 2; ++k) {
      if (!IsSmooth(k)) rough = k;
    }
    if (rows_[i].atom || rows_[i].weight < least) {
      *out++ = rows_[i];
      continue;
    }
    const bool plain = rough < row - 2;
    if (plain && !block.Holds(row)) block.Load(rows_, coordinate_, row);
    const Parabola cell = plain ? block.At(row) : Cell(i, memo);
    if (rows_[i].weight >= light) {
      out = finely ? WriteParts<8>(i, cell, out) : WriteParts<4>(i, cell, out);
    } else {
      out = finely ? WriteParts<4>(i, cell, out) : WriteParts<2>(i, cell, out);
    }
  }
  return out;
}

}  // namespace tributary
