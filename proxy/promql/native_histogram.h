#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

// Prometheus's float histogram.
//
// Shape:   exponential: positive bucket i is (2^((i-1) 2^-schema), 2^(i 2^-schema)], negative ones its mirror, and a
//          zero bucket [-zero_threshold, zero_threshold]. Custom: bucket i is (bounds[i-1], bounds[i]], the first from
//          -Inf, the last to +Inf. Counts are floats, and negative after a subtraction.
// Merge:   at the smaller schema, with a zero bucket wide enough for both; commutative. Custom: equal bounds only.
// Errors:  FailedPrecondition: other kinds, exponential with custom, other bounds.
// Threads: thread-safe once built.
// Source:  Prometheus, "Native histograms" specification.
class NativeHistogram final : public Distribution {
 public:
  static constexpr int kMinSchema = -4;
  static constexpr int kMaxSchema = 8;
  static constexpr int kCustomSchema = -53;
  static constexpr int kMaxBuckets = 10'000;  // of a text
  using Counts = absl::btree_map<int32_t, double>;
  // What a writer knew of a counter's reset before this sample. Gauge: no counter at all.
  enum class Hint { kUnknown, kReset, kNoReset, kGauge };
  struct Parts {
    int schema = 0;
    double zero_threshold = 0;
    double zero_count = 0;
    double count = 0;
    double sum = 0;
    Counts positive = {};
    Counts negative = {};
    std::vector<double> bounds = {};  // of kCustomSchema, ascending
    Hint hint = Hint::kUnknown;
  };

  explicit NativeHistogram(Parts parts);
  // The text form of Prometheus's tests: {{schema:1 count:5 sum:3.4 z_bucket:1 buckets:[1 2 1]}}, also with offset,
  // n_buckets, n_offset, z_bucket_w, custom_values, counter_reset_hint. ToString writes it.
  static absl::StatusOr<std::shared_ptr<const NativeHistogram>> Parse(absl::string_view text);

  Kind kind() const override { return Kind::kNative; }
  double Count() const override { return parts_.count; }
  double Sum() const override { return parts_.sum; }
  double Quantile(double phi) const override;
  double Fraction(double lower, double upper) const override;
  std::vector<Bucket> Buckets() const override;
  std::string ToString() const override;
  // Hints do not count.
  bool Equals(const Distribution& other) const override;
  absl::StatusOr<DistributionPtr> Plus(absl::Span<const Distribution* const> others) const override;
  absl::StatusOr<DistributionPtr> Minus(const Distribution& other) const override;
  absl::StatusOr<DistributionPtr> Scaled(double factor) const override;

  const Parts& parts() const { return parts_; }
  bool custom() const { return parts_.schema == kCustomSchema; }
  // Whether the counter began anew between `previous` and this: something in it is less, or is known less well.
  bool IsResetFrom(const NativeHistogram& previous) const;

 private:
  // In value order. As Buckets, but the zero bucket ends at 0 where all else is on one side, and a custom one begins
  // there.
  std::vector<Bucket> InterpolationBuckets() const;

  Parts parts_;
};

// The upper end of exponential bucket `index`.
double NativeBucketBound(int schema, int32_t index);

}  // namespace tributary::promql
