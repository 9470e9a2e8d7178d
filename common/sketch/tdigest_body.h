#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "common/base/fixed_point.h"
#include "common/sketch/coordinate.h"
#include "common/sketch/reconstruction.h"
#include "common/sketch/tdigest.h"

namespace tributary {

// What a digest holds besides the samples of weight 1 that wait. Private to tdigest*.cc.
struct TDigest::Body {
  // Rows that nobody has cut yet: publishing always cuts them.
  static constexpr uint16_t kUncut = UINT16_MAX;

  // Of rows and waiting together.
  Fixed128 count;
  Fixed192 sum;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  // Ascending, cut at compression `cut`.
  std::vector<Centroid> rows;
  Coordinate coordinate = Coordinate::kLinear;
  uint16_t cut = 0;
  // Weighted samples in the order they came; at most kMaxPending.
  std::vector<Centroid> waiting;

  Reconstruction reconstruction() const { return Reconstruction(rows, coordinate, min, max); }
};

// A row's share of the sum; beyond what fits, the largest that does.
Fixed192 SumOf(const Centroid& row);

}  // namespace tributary
