#include "common/sketch/compress.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "absl/base/casts.h"

namespace tributary {
namespace {

// Beyond this ratio of largest to smallest the logarithm is averaged.
constexpr double kWideRange = 0x1p20;

// log2 with a linear mantissa, 0.09 too small at most; equal on all machines. REQUIRES: value >= 1.
double CoarseLog2(double value) {
  const uint64_t bits = absl::bit_cast<uint64_t>(value);
  const double mantissa = absl::bit_cast<double>((bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1023} << 52));
  return static_cast<double>(static_cast<int64_t>(bits >> 52) - 1023) + (mantissa - 1);
}

bool SameAtom(const Centroid& a, const Centroid& b) { return a.mean == b.mean && a.atom && b.atom; }

void JoinEqualAtoms(std::vector<Centroid>& sorted) {
  const auto first = std::adjacent_find(sorted.begin(), sorted.end(), SameAtom);
  if (first == sorted.end()) return;
  auto kept = first;
  for (auto next = first + 1; next != sorted.end(); ++next) {
    if (SameAtom(*kept, *next)) {
      kept->weight += next->weight;
    } else {
      *++kept = *next;
    }
  }
  sorted.erase(kept + 1, sorted.end());
}

// By the two smallest and the two largest values: a zero at the end is a centroid of its own in any case and does not
// count.
Coordinate ChooseCoordinate(double low, double next_low, double next_high, double high) {
  if (low == 0) low = next_low;
  if (high == 0) high = next_high;
  if (low > 0 && high / kWideRange > low) return Coordinate::kLog;
  if (high < 0 && low / kWideRange < high) return Coordinate::kMirroredLog;
  return Coordinate::kLinear;
}

Coordinate ChooseCoordinate(const std::vector<Centroid>& sorted) {
  const size_t count = sorted.size();
  if (count < 3) return Coordinate::kLinear;
  return ChooseCoordinate(sorted[0].mean, sorted[1].mean, sorted[count - 2].mean, sorted[count - 1].mean);
}

Coordinate ChooseCoordinate(absl::Span<const double> sorted) {
  const size_t count = sorted.size();
  if (count < 3) return Coordinate::kLinear;
  return ChooseCoordinate(sorted[0], sorted[1], sorted[count - 2], sorted[count - 1]);
}

// Of `term` of each centroid: four sums side by side, for a processor adds as many while one is under way.
template <class Term>
double Sum(const Centroid* first, const Centroid* last, Term term) {
  double sums[4] = {};
  for (; last - first >= 4; first += 4) {
    for (int k = 0; k < 4; ++k) sums[k] += term(first[k]);
  }
  for (; first != last; ++first) sums[0] += term(*first);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// REQUIRES: first < last.
Centroid Average(const Centroid* first, const Centroid* last, double weight, Coordinate coordinate) {
  if (last - first == 1) return *first;
  double mean;
  if (coordinate == Coordinate::kLinear) {
    const double origin = first->mean;
    mean = origin + Sum(first, last, [origin](const Centroid& c) { return c.weight * (c.mean - origin); }) / weight;
  } else {
    const double origin = ToCoordinate(coordinate, first->mean);
    const double moment = Sum(first, last, [origin, coordinate](const Centroid& c) {
      return c.weight * (ToCoordinate(coordinate, c.mean) - origin);
    });
    mean = FromCoordinate(coordinate, origin + moment / weight);
  }
  return Centroid{.mean = std::clamp(mean, first->mean, last[-1].mean), .weight = weight, .atom = false};
}

}  // namespace

SizeLimit::SizeLimit(Cut cut, double total_weight) {
  const double d = cut.compression;
  const double upper = 1.5 * (2 + CoarseLog2(std::max(1.0, total_weight / d))) / d;
  body_ = total_weight * (4 * cut.dither / d);
  upper_share_ = 1 / (1 + upper);
  upper_start_ = upper * total_weight / (1 + upper);
  lower_share_ = 1 + 4 * upper;
}

// By the upper tail (left + u W) / (1 + u), by the lower one left + 4 u left.
double SizeLimit::RightEdge(double left) const {
  return std::min(left + body_, std::min(upper_start_ + upper_share_ * left, lower_share_ * left));
}

namespace {

Coordinate CutJoined(const std::vector<Centroid>& sorted, Cut cut, std::vector<Centroid>& rows) {
  const Coordinate coordinate = ChooseCoordinate(sorted);
  if (static_cast<double>(sorted.size()) <= cut.compression) {
    rows.assign(sorted.begin(), sorted.end());
    return coordinate;
  }
  const Centroid* const end = sorted.data() + sorted.size();
  const SizeLimit limit(cut, Sum(sorted.data(), end, [](const Centroid& c) { return c.weight; }));
  const auto alone = [&limit](const Centroid& c) { return c.weight >= limit.heavy() && c.atom; };

  rows.clear();
  rows.reserve(static_cast<size_t>(1.25 * cut.compression));
  double left = 0;
  for (const Centroid* first = sorted.data(); first != end;) {
    const Centroid* last = first + 1;
    double weight = first->weight;
    if (!alone(*first)) {
      const double allowed = limit.RightEdge(left) - left;
      while (last != end && weight + last->weight <= allowed && !alone(*last)) weight += (last++)->weight;
    }
    rows.push_back(Average(first, last, weight, coordinate));
    left += weight;
    first = last;
  }
  return coordinate;
}

// Four sums side by side as well. What is left over when groups of four begin at the front is taken with values before
// it, which count nothing: its length is hard to foresee.
double Moment(const double* values, size_t count, double origin) {
  double moments[4] = {};
  if (count < 4) {
    for (size_t i = 0; i < count; ++i) moments[0] += values[i] - origin;
    return moments[0];
  }
  constexpr double kCounts[4][4] = {{1, 1, 1, 1}, {0, 0, 0, 1}, {0, 0, 1, 1}, {0, 1, 1, 1}};
  const double* const last = values + count - 4;
  for (size_t k = 0; k < 4; ++k) moments[k] = kCounts[count % 4][k] * (last[k] - origin);
  for (const double* group = values; group < last; group += 4) {
    for (size_t k = 0; k < 4; ++k) moments[k] += group[k] - origin;
  }
  return (moments[0] + moments[1]) + (moments[2] + moments[3]);
}

Centroid Average(absl::Span<const double> values) {
  const size_t count = values.size();
  const double origin = values[0];
  if (count == 1) return Centroid{.mean = origin, .weight = 1};
  const double mean = origin + Moment(values.data(), count, origin) / static_cast<double>(count);
  return Centroid{.mean = std::clamp(mean, origin, values.back()), .weight = static_cast<double>(count), .atom = false};
}

// REQUIRES: more than cut.compression different values.
Coordinate CutDifferent(absl::Span<const double> sorted, Cut cut, std::vector<Centroid>& rows) {
  const SizeLimit limit(cut, static_cast<double>(sorted.size()));
  rows.clear();
  rows.reserve(static_cast<size_t>(1.25 * cut.compression));
  for (size_t first = 0; first < sorted.size();) {
    const double left = static_cast<double>(first);
    const double allowed = std::max(1.0, limit.RightEdge(left) - left);
    const size_t count = std::min(sorted.size() - first, static_cast<size_t>(allowed));
    rows.push_back(Average(sorted.subspan(first, count)));
    first += count;
  }
  return Coordinate::kLinear;
}

// Both ascend; every value becomes an atom of weight 1, and equal atoms one.
void MergeSorted(absl::Span<const double> values, absl::Span<const Centroid> rows, std::vector<Centroid>& merged) {
  merged.resize(rows.size() + values.size());
  Centroid* next = merged.data();
  auto value = values.begin();
  for (const Centroid& row : rows) {
    // Among equals SortCentroids puts atoms first.
    while (value != values.end() && (*value < row.mean || (*value == row.mean && !row.atom))) {
      *next++ = Centroid{.mean = *value++, .weight = 1};
    }
    *next++ = row;
  }
  while (value != values.end()) *next++ = Centroid{.mean = *value++, .weight = 1};
}

}  // namespace

Coordinate Compress(std::vector<Centroid>& sorted, bool may_repeat, Cut cut, std::vector<Centroid>& rows) {
  if (may_repeat) JoinEqualAtoms(sorted);
  return CutJoined(sorted, cut, rows);
}

Coordinate Compress(absl::Span<const double> values, absl::Span<const Centroid> centroids, Cut cut,
                    std::vector<Centroid>& rows) {
  if (centroids.empty() && static_cast<double>(values.size()) > cut.compression &&
      ChooseCoordinate(values) == Coordinate::kLinear &&
      std::adjacent_find(values.begin(), values.end()) == values.end()) {
    return CutDifferent(values, cut, rows);
  }
  std::vector<Centroid>& merged = SketchScratch::OfThread().sorted;
  MergeSorted(values, centroids, merged);
  return Compress(merged, true, cut, rows);
}

}  // namespace tributary
