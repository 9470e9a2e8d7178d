#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace tributary {

// A group of neighbouring samples. All samples of an atom are equal to `mean`; of others only the mean is known (in the
// digest's coordinate, see coordinate.h). `weight` is a multiple of 2^-30 and more than 0. A value.
struct Centroid {
  double mean = 0;
  double weight = 0;
  bool atom = true;

  friend bool operator==(const Centroid&, const Centroid&) = default;
};

// In order of mean; equal means by kind and weight, so that equal multisets become equal sequences. Cost: one SIMD sort
// of 64-bit keys (the mean with the index in its last bits), one gather, and exact comparisons among equal leading
// bits. `sorted` is overwritten. False: no two means are equal.
bool SortCentroids(absl::Span<const Centroid> centroids, std::vector<Centroid>& sorted);

// SIMD sort of finite numbers without negative zero.
void SortValues(absl::Span<double> values);

// Memory that the folds and merges of a thread use one after the other, so that none asks for fresh pages. Grows to
// what the largest of them needs; holds nothing between calls.
struct SketchScratch {
  static SketchScratch& OfThread();
  std::vector<double> values;
  std::vector<double> keys;
  std::vector<Centroid> centroids;
  std::vector<Centroid> sorted;
};

}  // namespace tributary
