#include "common/sketch/reconstruction.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tributary {
namespace {

constexpr int kParts = 4;
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

void Reconstruction::AppendSplit(std::vector<Centroid>& out) const {
  const double unit = std::isinf(lightest_atom_) ? 1 : lightest_atom_;
  Memo memo;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Centroid& row = rows_[i];
    if (row.atom || row.weight < 3 * unit) {
      out.push_back(row);
      continue;
    }
    const Parabola cell = Cell(i, memo);
    for (int k = 0; k < kParts; ++k) {
      out.push_back(Centroid{.mean = Value(i, cell.Average(k)), .weight = row.weight / kParts, .atom = false});
    }
  }
}

// The means of x and of x^2 over [k / 4, (k + 1) / 4] are (2k + 1) / 8 and (3k (k + 1) + 1) / 48.
double Reconstruction::Parabola::Average(int part) const {
  constexpr double kFirst[kParts] = {1 / 8.0, 3 / 8.0, 5 / 8.0, 7 / 8.0};
  constexpr double kSecond[kParts] = {1 / 48.0, 7 / 48.0, 19 / 48.0, 37 / 48.0};
  return left + (rise + bend) * kFirst[part] - bend * kSecond[part];
}

// The smaller root of bend x^2 - (rise + bend) x + (value - left) = 0, in the form that does not cancel.
double Reconstruction::Parabola::Inverse(double value) const {
  if (value < left || value > right()) return value < left ? 0 : 1;
  if (!(rise > 0)) return 0.5;
  const double linear = rise + bend;
  const double root = std::sqrt(std::max(0.0, linear * linear - 4 * bend * (value - left)));
  const double denominator = linear + root;
  return denominator > 0 ? std::clamp(2 * (value - left) / denominator, 0.0, 1.0) : 0;
}

// Never beyond the neighbours' means, so that the whole function ascends.
double Reconstruction::Value(size_t i, double position) const {
  const double low = i == 0 ? min_ : rows_[i - 1].mean;
  const double high = i + 1 == rows_.size() ? max_ : rows_[i + 1].mean;
  return std::clamp(FromCoordinate(coordinate_, position), low, high);
}

Reconstruction::Parabola Reconstruction::Cell(size_t i, Memo& memo) const {
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

  // Equations 1.8 and 1.10: a cell whose mean is an extremum is flat; one that would overshoot moves its far edge.
  if (!(left < mean && mean < right)) return {mean, 0, 0};
  double rise = right - left;
  double bend = 6 * (mean - (left + right) / 2);
  if (bend > rise) {
    left = 3 * mean - 2 * right;
    rise = right - left;
    bend = rise;
  } else if (bend < -rise) {
    right = 3 * mean - 2 * left;
    rise = right - left;
    bend = -rise;
  }
  return {left, rise, bend};
}

// The average slope over cell i, limited so that it does not overshoot: equations 1.7 and 1.8. Beside a spike or the
// end only one side is known.
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
  const double slope = width / (left + width + right) *
                       ((2 * left + width) / (right + width) * after + (width + 2 * right) / (left + width) * before);
  return std::min({slope, 2 * before, 2 * after});
}

// The value between cells i and i + 1: equation 1.6. REQUIRES: at least one of them is no atom, neither is a spike.
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
  const double left_share = (w0 + w1) / (2 * w1 + w2);
  const double right_share = (w3 + w2) / (2 * w2 + w1);
  const double correction = 2 * w1 * w2 / (w1 + w2) * (left_share - right_share) * step - w1 * left_share * next_slope +
                            w2 * right_share * slope;
  memo.edge_row = i;
  memo.edge = a + std::clamp(w1 / (w1 + w2) * step + correction / (w0 + w1 + w2 + w3), 0.0, step);
  return memo.edge;
}

}  // namespace tributary
