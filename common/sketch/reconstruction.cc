#include "common/sketch/reconstruction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tributary {
namespace {

constexpr int kArithmeticPoints = 8;

}  // namespace

Reconstruction::Reconstruction(absl::Span<const Centroid> rows, Coordinate coordinate, double min, double max)
    : rows_(rows),
      coordinate_(coordinate),
      min_(min),
      max_(max),
      lightest_atom_(std::numeric_limits<double>::infinity()) {
  for (const Centroid& row : rows_) {
    total_ += row.weight;
    if (row.atom) lightest_atom_ = std::min(lightest_atom_, row.weight);
  }
}

void Reconstruction::Quantiles(absl::Span<const double> q, absl::Span<double> out) const {
  size_t row = 0;
  double left = 0;
  Memo memo;
  for (size_t i = 0; i < q.size(); ++i) {
    if (!(q[i] > 0 && q[i] < 1)) {
      out[i] = std::isnan(q[i]) ? q[i] : q[i] <= 0 ? min_ : max_;
      continue;
    }
    const double rank = q[i] * total_;
    if (rank < left) {
      row = 0;
      left = 0;
    }
    while (row + 1 < rows_.size() && left + rows_[row].weight < rank) left += rows_[row++].weight;
    const double x = std::min(1.0, (rank - left) / rows_[row].weight);
    out[i] = rows_[row].atom ? rows_[row].mean : Value(row, Cell(row, memo).At(x));
  }
}

void Reconstruction::Cdfs(absl::Span<const double> x, absl::Span<double> out) const {
  size_t row = 0;  // rows before it end below x
  double below = 0;
  Memo memo;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!(x[i] >= min_ && x[i] <= max_)) {
      out[i] = std::isnan(x[i]) ? x[i] : x[i] < min_ ? 0 : 1;
      continue;
    }
    if (row > 0 && rows_[row].mean >= x[i]) {
      row = 0;
      below = 0;
    }
    while (row + 1 < rows_.size() && rows_[row + 1].mean < x[i]) below += rows_[row++].weight;
    double up_to = below;
    for (size_t k = row; k < rows_.size() && (k == row || rows_[k - 1].mean <= x[i]); ++k) {
      up_to += ShareBelow(k, x[i], memo) * rows_[k].weight;
    }
    out[i] = std::min(1.0, up_to / total_);
  }
}

double Reconstruction::ShareBelow(size_t i, double x, Memo& memo) const {
  const Centroid& row = rows_[i];
  if (row.atom) return row.mean < x ? 1 : row.mean == x ? 0.5 : 0;
  return Cell(i, memo).Inverse(ToCoordinate(coordinate_, x));
}

Centroid Reconstruction::ArithmeticCentroid(size_t i) const {
  Centroid row = rows_[i];
  if (row.atom || coordinate_ == Coordinate::kLinear) return row;
  Memo memo;
  const Parabola cell = Cell(i, memo);
  double mean = 0;
  for (int k = 0; k < kArithmeticPoints; ++k) {
    mean += Value(i, cell.At((k + 0.5) / kArithmeticPoints)) / kArithmeticPoints;
  }
  row.mean = std::clamp(mean, Value(i, cell.left), Value(i, cell.right()));  // the average of equals may round away
  return row;
}

Parabola Reconstruction::Cell(size_t i, Memo& memo) const {
  const double mean = Position(i);
  const bool first = i == 0;
  const bool last = i + 1 == rows_.size();
  double left = first ? ToCoordinate(coordinate_, min_) : Position(i - 1);
  double right = last ? ToCoordinate(coordinate_, max_) : Position(i + 1);
  const bool left_open = !first && IsSpike(i - 1);
  const bool right_open = !last && IsSpike(i + 1);
  if (!first && !left_open) left = Edge(i - 1, memo);
  if (!last && !right_open) right = Edge(i, memo);
  if (left_open) left = std::max(left, mean - (right - mean));
  if (right_open) right = std::min(right, mean + (mean - left));
  return LimitedParabola(left, mean, right);
}

// Over cell i. Beside a spike or the end only one side is known.
double Reconstruction::Slope(size_t i) const {
  const double width = rows_[i].weight;
  const double mean = Position(i);
  const bool has_left = i > 0 && IsSmooth(i - 1);
  const bool has_right = IsSmooth(i + 1);
  const double before = has_left ? mean - Position(i - 1) : 0;
  const double after = has_right ? Position(i + 1) - mean : 0;
  const double left = has_left ? rows_[i - 1].weight : 0;
  const double right = has_right ? rows_[i + 1].weight : 0;
  if (!has_left) return has_right ? 2 * width / (width + right) * after : 0;
  if (!has_right) return 2 * width / (width + left) * before;
  return LimitedSlope(left, width, right, before, after);
}

// The value between cells i and i + 1. REQUIRES: at least one of them is no atom, neither is a spike.
double Reconstruction::Edge(size_t i, Memo& memo) const {
  if (memo.edge_row == i) return memo.edge;
  const double a = Position(i);
  const double step = Position(i + 1) - a;
  const double w0 = i > 0 && IsSmooth(i - 1) ? rows_[i - 1].weight : rows_[i].weight;
  const double w1 = rows_[i].weight;
  const double w2 = rows_[i + 1].weight;
  const double w3 = IsSmooth(i + 2) ? rows_[i + 2].weight : w2;
  const double slope = memo.slope_row == i ? memo.slope : Slope(i);
  const double next_slope = Slope(i + 1);
  memo.slope_row = i + 1;
  memo.slope = next_slope;
  memo.edge_row = i;
  memo.edge = a + Meeting(w0, w1, w2, w3, step, slope, next_slope);
  return memo.edge;
}

}  // namespace tributary
