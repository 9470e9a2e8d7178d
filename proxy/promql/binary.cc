#include "proxy/promql/binary.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/status.h"
#include "proxy/promql/arithmetic.h"
#include "proxy/promql/series_set.h"

namespace tributary::promql {
namespace {

size_t IndexOf(const Grid& grid, const Point& point) {
  return static_cast<size_t>((point.time_ms - grid.start_ms) / grid.step_ms);
}

// Per signature, the times at which some series has a point.
class Presence {
 public:
  Presence(const BinaryCall& call, const std::vector<Series>& series) : call_(call) {
    for (const Series& each : series) {
      std::vector<bool>& times = times_[SignatureOf(each)];
      times.resize(static_cast<size_t>(call.grid.count));
      for (const Point& point : each.points) times[IndexOf(call.grid, point)] = true;
    }
  }

  // Leaves the points at whose times some series of the signature is there (`present`), or none is.
  void Filter(Series& series, bool present) const {
    const auto found = times_.find(SignatureOf(series));
    if (found == times_.end()) {
      if (present) series.points.clear();
      return;
    }
    std::erase_if(series.points,
                  [&](const Point& point) { return found->second[IndexOf(call_.grid, point)] != present; });
  }

 private:
  std::string SignatureOf(const Series& series) const {
    return Signature(series.labels, call_.binary.matching.on, call_.binary.matching.labels);
  }

  const BinaryCall& call_;
  absl::flat_hash_map<std::string, std::vector<bool>> times_;
};

}  // namespace

std::vector<double> ScalarBinary(const BinaryCall& call, absl::Span<const double> left,
                                 absl::Span<const double> right) {
  std::vector<double> result(left.size());
  for (size_t i = 0; i < left.size(); ++i) result[i] = Apply(call.binary.op, left[i], right[i]);
  return result;
}

absl::StatusOr<std::vector<Series>> VectorScalarBinary(const BinaryCall& call, std::vector<Series> vector,
                                                       absl::Span<const double> scalars, bool scalar_left) {
  const Binary& binary = call.binary;
  const PointOperator apply{binary.op, binary.return_bool, scalar_left, call.position, &call.notes};
  const bool drops_name = !IsComparison(binary.op) || binary.return_bool;
  for (Series& series : vector) {
    size_t kept = 0;
    for (Point& point : series.points) {
      const Point scalar{.value = scalars[IndexOf(call.grid, point)]};
      std::optional<Point> result = scalar_left ? apply(scalar, point) : apply(point, scalar);
      if (!result) continue;
      result->time_ms = point.time_ms;
      series.points[kept++] = *std::move(result);
    }
    series.points.resize(kept);
    if (drops_name) RemoveLabel(series.labels, kMetricName);
  }
  TRIBUTARY_RETURN_IF_ERROR(call.notes.status());
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(vector));
  return vector;
}

absl::StatusOr<std::vector<Series>> SetBinary(const BinaryCall& call, std::vector<Series> left,
                                              std::vector<Series> right) {
  if (call.binary.op == BinaryOp::kOr) {
    const Presence on_left(call, left);
    for (Series& series : right) {
      on_left.Filter(series, false);
      left.push_back(std::move(series));
    }
  } else {
    const Presence on_right(call, right);
    for (Series& series : left) on_right.Filter(series, call.binary.op == BinaryOp::kAnd);
  }
  TRIBUTARY_RETURN_IF_ERROR(MergeEqualLabels(left));
  return left;
}

}  // namespace tributary::promql
