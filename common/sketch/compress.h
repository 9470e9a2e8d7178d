#pragma once

#include <vector>

#include "absl/types/span.h"
#include "common/sketch/centroid.h"
#include "common/sketch/coordinate.h"

namespace tributary {

// How finely to cut. `dither` is a factor of the size limit in the body, 0.8 to 1.2.
struct Cut {
  double compression = 100;
  double dither = 1;
};

// The largest right edge that a centroid with a given left edge may have; edges are cumulative weights. With rank r
// from 0 to 1 and d = compression a centroid holds at most
//     w(r) = min(4 dither / d, u (1 - r), 4 u r)
// of all the weight W, at both its edges: the body is capped, the upper tail is four times finer than the lower. With
// u d = 1.5 log2(4 W / d) there are 0.83 d such cells, (1 - 5 / (u d)) d / 4 in the body and 1.25 (ln(4 W / d) + 1) / u
// in the tails, from which whole samples make about d centroids.
class SizeLimit {
 public:
  SizeLimit(Cut cut, double total_weight);
  double RightEdge(double left) const;
  // An atom from here on is never averaged with others.
  double heavy() const { return body_ / 2; }

 private:
  double body_;
  double upper_share_;  // of what is to the left
  double upper_start_;
  double lower_share_;
};

// Cuts centroids in the order of SortCentroids into fewer, which `rows` then holds, and tells in which coordinate they
// were averaged. Equal atoms become one; up to `compression` of what is then left stays as it is. The first and the
// last always stay alone. The result depends on the arguments only; `sorted` is left in pieces.
// `may_repeat`: as SortCentroids tells, whether equal means may be among them.
Coordinate Compress(std::vector<Centroid>& sorted, bool may_repeat, Cut cut, std::vector<Centroid>& rows);

// The same of ascending samples of weight 1 and ascending `centroids`, which are not `rows`.
Coordinate Compress(absl::Span<const double> values, absl::Span<const Centroid> centroids, Cut cut,
                    std::vector<Centroid>& rows);

}  // namespace tributary
