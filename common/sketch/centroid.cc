#include "common/sketch/centroid.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "absl/base/casts.h"
#include "hwy/contrib/sort/vqsort.h"

namespace tributary {
namespace {

// What is shorter is sorted sooner by comparing.
constexpr size_t kWorthKeys = 32;

bool Before(const Centroid& a, const Centroid& b) {
  if (a.mean != b.mean) return a.mean < b.mean;
  if (a.atom != b.atom) return a.atom;
  return a.weight < b.weight;
}

const hwy::Sorter& ThreadSorter() {
  static thread_local const hwy::Sorter sorter;
  return sorter;
}

}  // namespace

SketchScratch& SketchScratch::OfThread() {
  static thread_local SketchScratch scratch;
  return scratch;
}

void SortValues(absl::Span<double> values) {
  if (values.size() < kWorthKeys) {
    std::sort(values.begin(), values.end());
  } else {
    ThreadSorter()(values.data(), values.size(), hwy::SortAscending());
  }
}

bool SortCentroids(absl::Span<const Centroid> centroids, std::vector<Centroid>& sorted) {
  const size_t count = centroids.size();
  if (count < kWorthKeys) {
    sorted.assign(centroids.begin(), centroids.end());
    std::sort(sorted.begin(), sorted.end(), Before);
    return true;
  }
  const int index_bits = std::bit_width(count - 1);
  const uint64_t index_mask = (uint64_t{1} << index_bits) - 1;
  // Doubles, for their vectors are sorted faster than those of 64-bit integers.
  std::vector<double>& keys = SketchScratch::OfThread().keys;
  keys.resize(count);
  for (size_t i = 0; i < count; ++i) {
    keys[i] = absl::bit_cast<double>((absl::bit_cast<uint64_t>(centroids[i].mean) & ~index_mask) | i);
  }
  ThreadSorter()(keys.data(), count, hwy::SortAscending());

  const auto bits = [&keys](size_t i) { return absl::bit_cast<uint64_t>(keys[i]); };
  sorted.resize(count);
  sorted[0] = centroids[bits(0) & index_mask];
  bool ties = false;
  for (size_t i = 1; i < count; ++i) {
    sorted[i] = centroids[bits(i) & index_mask];
    ties |= (bits(i) | index_mask) == (bits(i - 1) | index_mask);
  }
  if (!ties) return false;
  for (size_t begin = 0; begin < count;) {
    size_t end = begin + 1;
    while (end < count && (bits(end) | index_mask) == (bits(begin) | index_mask)) ++end;
    if (end - begin > 1) std::sort(sorted.begin() + begin, sorted.begin() + end, Before);
    begin = end;
  }
  return true;
}

}  // namespace tributary
