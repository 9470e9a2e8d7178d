#pragma once

#include <algorithm>
#include <cmath>

namespace tributary {

// The parts of the piecewise parabolic method that know nothing of rows: what Reconstruction asks one cell after the
// other and AppendSplit of many side by side. All functions are free of branches, so that a compiler makes vectors of
// them.
//
// Source: Colella and Woodward, "The Piecewise Parabolic Method", J. Comput. Phys. 54 (1984), equations 1.5 to 1.10.

// left + x (rise + bend (1 - x)) for x from 0 to 1.
struct Parabola {
  double left;
  double rise;
  double bend;

  double right() const { return left + rise; }
  double At(double x) const { return left + x * (rise + bend * (1 - x)); }
  // Over [part / parts, (part + 1) / parts], where x averages (2 part + 1) / 2 parts and x^2 averages
  // (3 part (part + 1) + 1) / 3 parts^2.
  double Average(int part, int parts) const {
    const double first = (2 * part + 1) / (2.0 * parts);
    const double second = (3 * part * (part + 1) + 1) / (3.0 * parts * parts);
    return left + (rise + bend) * first - bend * second;
  }
  // The smaller root of bend x^2 - (rise + bend) x + (value - left) = 0, in the form that does not cancel.
  double Inverse(double value) const {
    if (value < left || value > right()) return value < left ? 0 : 1;
    if (!(rise > 0)) return 0.5;
    const double linear = rise + bend;
    const double root = std::sqrt(std::max(0.0, linear * linear - 4 * bend * (value - left)));
    const double denominator = linear + root;
    return denominator > 0 ? std::clamp(2 * (value - left) / denominator, 0.0, 1.0) : 0;
  }
};

// With that average, between those ends: equations 1.8 and 1.10. A parabola that would overshoot, for its mean is in
// the outer third, has one end moved there; a cell whose mean is an extremum is flat. REQUIRES: left <= mean <= right.
inline Parabola LimitedParabola(double left, double mean, double right) {
  const double nearer_left = std::max(left, 3 * mean - 2 * right);
  const double nearer_right = std::min(right, 3 * mean - 2 * left);
  const double rise = std::max(0.0, nearer_right - nearer_left);
  return {nearer_left, rise, 6 * (mean - (nearer_left + nearer_right) / 2)};
}

// The average slope over a cell of `width` between two others whose means are `before` and `after` away, limited so
// that it does not overshoot: equations 1.7 and 1.8.
inline double LimitedSlope(double left, double width, double right, double before, double after) {
  const double slope = width / (left + width + right) *
                       ((2 * left + width) / (right + width) * after + (width + 2 * right) / (left + width) * before);
  return std::min(slope, std::min(2 * before, 2 * after));
}

// How far beyond the first one's mean two cells of widths w1 and w2 meet, of four whose middle means are `step` apart;
// slopes are those of the middle two. Equation 1.6, never beyond the other's mean.
inline double Meeting(double w0, double w1, double w2, double w3, double step, double slope, double next_slope) {
  const double left_share = (w0 + w1) / (2 * w1 + w2);
  const double right_share = (w3 + w2) / (2 * w2 + w1);
  const double part = w1 / (w1 + w2);
  const double correction =
      2 * w2 * part * (left_share - right_share) * step - w1 * left_share * next_slope + w2 * right_share * slope;
  return std::min(std::max(part * step + correction / (w0 + w1 + w2 + w3), 0.0), step);
}

}  // namespace tributary
