#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/sink/labels.h"

namespace tributary::promql {

class Distribution;
using DistributionPtr = std::shared_ptr<const Distribution>;

// Many measurements as one value: what a native histogram is in Prometheus. Immutable, thread-safe.
//
// Kinds:  kNative, a Prometheus float histogram: a counter as far as it goes, may be subtracted and scaled.
//         kSketch, a t-digest that we own the increments of: merges, takes a factor >= 0, is never subtracted.
//         kSet, a HyperLogLog: merges only; Count is the number of different members.
// Errors: FailedPrecondition, with words for the person who asked: what this kind does not do, or kinds that do not
// mix.
class Distribution {
 public:
  enum class Kind { kNative, kSketch, kSet };
  // `boundaries` as in Prometheus's API: 0 (lower, upper], 1 [lower, upper), 2 (lower, upper), 3 [lower, upper].
  struct Bucket {
    int boundaries = 0;
    double lower = 0;
    double upper = 0;
    double count = 0;
  };

  virtual ~Distribution() = default;
  virtual Kind kind() const = 0;
  virtual double Count() const = 0;
  virtual double Sum() const = 0;
  virtual double Quantile(double phi) const = 0;
  virtual double Fraction(double lower, double upper) const = 0;
  virtual std::vector<Bucket> Buckets() const = 0;  // ascending, none empty; for display
  virtual std::string ToString() const = 0;
  virtual bool Equals(const Distribution& other) const = 0;

  // This and all others, in one merge.
  virtual absl::StatusOr<DistributionPtr> Plus(absl::Span<const Distribution* const> others) const = 0;
  virtual absl::StatusOr<DistributionPtr> Minus(const Distribution& other) const = 0;
  virtual absl::StatusOr<DistributionPtr> Scaled(double factor) const = 0;
};

// A float, or a distribution.
struct Point {
  int64_t time_ms = 0;
  double value = 0;
  DistributionPtr distribution = nullptr;  // null: a float
};

// By time, no time twice. The metric's name is the label __name__.
struct Series {
  Labels labels;
  std::vector<Point> points;
};

// The times of an evaluation: start, start + step, ... An instant is a grid of one.
struct Grid {
  int64_t start_ms = 0;
  int64_t step_ms = 1;
  int64_t count = 1;
  int64_t At(int64_t i) const { return start_ms + i * step_ms; }
  int64_t end_ms() const { return At(count - 1); }
};

inline constexpr absl::string_view kMetricName = "__name__";

// Prometheus's marker of a series that ended: a NaN of its own.
double StaleMarker();
bool IsStale(double value);

// Empty when there is none.
absl::string_view LabelValue(const Labels& labels, absl::string_view name);
// In the order of labels.
void RemoveLabel(Labels& labels, absl::string_view name);
// m{a="b", c="d"}, as Prometheus writes it.
std::string ToString(const Labels& labels);
// As Prometheus writes numbers in answers: shortest that reads back, +Inf, -Inf, NaN.
std::string FormatValue(double value);

}  // namespace tributary::promql
