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

void JoinEqualAtoms(std::vector<Centroid>& sorted) {
  size_t kept = 0;
  for (size_t i = 1; i < sorted.size(); ++i) {
    Centroid& last = sorted[kept];
    if (last.atom && sorted[i].atom && last.mean == sorted[i].mean) {
      last.weight += sorted[i].weight;
    } else {
      sorted[++kept] = sorted[i];
    }
  }
  if (!sorted.empty()) sorted.resize(kept + 1);
}

// A zero at the end is a centroid of its own in any case and does not count.
Coordinate ChooseCoordinate(const std::vector<Centroid>& sorted) {
  if (sorted.size() < 3) return Coordinate::kLinear;
  double low = sorted.front().mean;
  double high = sorted.back().mean;
  if (low == 0) low = sorted[1].mean;
  if (high == 0) high = sorted[sorted.size() - 2].mean;
  if (low > 0 && high / kWideRange > low) return Coordinate::kLog;
  if (high < 0 && low / kWideRange < high) return Coordinate::kMirroredLog;
  return Coordinate::kLinear;
}

// REQUIRES: first < last.
Centroid Average(const Centroid* first, const Centroid* last, double weight, Coordinate coordinate) {
  if (last - first == 1) return *first;
  const double origin = ToCoordinate(coordinate, first->mean);
  double moment = 0;
  for (const Centroid* c = first + 1; c != last; ++c) {
    moment += c->weight * (ToCoordinate(coordinate, c->mean) - origin);
  }
  const double mean = FromCoordinate(coordinate, origin + moment / weight);
  return Centroid{.mean = std::clamp(mean, first->mean, last[-1].mean), .weight = weight, .atom = false};
}

}  // namespace

SizeLimit::SizeLimit(Cut cut, double total_weight) : total_(total_weight) {
  const double d = cut.compression;
  const double tail = 1.5 * (2 + CoarseLog2(std::max(1.0, total_weight / d)));
  body_ = total_weight * (4 * cut.dither / d);
  upper_ = tail / d;
  lower_ = 4 * upper_;
}

double SizeLimit::RightEdge(double left) const {
  const double by_upper_tail = (left + upper_ * total_) / (1 + upper_);
  const double by_lower_tail = left + lower_ * left;
  return std::min({left + body_, by_upper_tail, by_lower_tail});
}

Compressed Compress(std::vector<Centroid> sorted, Cut cut) {
  JoinEqualAtoms(sorted);
  Compressed result{.rows = {}, .coordinate = ChooseCoordinate(sorted)};
  if (static_cast<double>(sorted.size()) <= cut.compression) {
    result.rows = std::move(sorted);
    return result;
  }
  double total = 0;
  for (const Centroid& c : sorted) total += c.weight;
  const SizeLimit limit(cut, total);
  const auto alone = [&limit](const Centroid& c) { return c.atom && c.weight >= limit.heavy(); };

  result.rows.reserve(static_cast<size_t>(1.25 * cut.compression));
  const Centroid* const end = sorted.data() + sorted.size();
  double left = 0;
  for (const Centroid* first = sorted.data(); first != end;) {
    const Centroid* last = first + 1;
    double weight = first->weight;
    if (!alone(*first)) {
      const double allowed = limit.RightEdge(left) - left;
      while (last != end && weight + last->weight <= allowed && !alone(*last)) weight += (last++)->weight;
    }
    result.rows.push_back(Average(first, last, weight, result.coordinate));
    left += weight;
    first = last;
  }
  return result;
}

}  // namespace tributary
