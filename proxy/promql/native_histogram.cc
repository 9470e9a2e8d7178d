#include "proxy/promql/native_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"

namespace tributary::promql {
namespace {

using Parts = NativeHistogram::Parts;
using Counts = NativeHistogram::Counts;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void DropEmpty(Counts& counts) {
  absl::erase_if(counts, [](const auto& bucket) { return bucket.second == 0; });
}

// Each bucket of the coarser schema holds 2^(difference) whole buckets of the finer one.
void ReduceCounts(Counts& counts, int levels) {
  Counts reduced;
  for (const auto& [index, count] : counts) reduced[((index - 1) >> levels) + 1] += count;
  counts = std::move(reduced);
}

void ReduceSchema(Parts& parts, int schema) {
  if (schema >= parts.schema) return;
  ReduceCounts(parts.positive, parts.schema - schema);
  ReduceCounts(parts.negative, parts.schema - schema);
  parts.schema = schema;
}

// The end of the furthest populated bucket that begins below the threshold, or the threshold.
double ThresholdToWholeBuckets(const Parts& parts, double threshold) {
  for (const Counts* counts : {&parts.positive, &parts.negative}) {
    for (const auto& [index, count] : *counts) {
      if (NativeBucketBound(parts.schema, index - 1) >= threshold) break;
      if (count != 0) threshold = std::max(threshold, NativeBucketBound(parts.schema, index));
    }
  }
  return threshold;
}

double WidestThreshold(const Parts& parts, double threshold) {
  threshold = std::max(threshold, parts.zero_threshold);
  for (double wider; (wider = ThresholdToWholeBuckets(parts, threshold)) > threshold;) threshold = wider;
  return threshold;
}

// REQUIRES: threshold == WidestThreshold(parts, threshold).
void WidenZeroBucket(Parts& parts, double threshold) {
  for (Counts* counts : {&parts.positive, &parts.negative}) {
    while (!counts->empty() && NativeBucketBound(parts.schema, counts->begin()->first - 1) < threshold) {
      parts.zero_count += counts->begin()->second;
      counts->erase(counts->begin());
    }
  }
  parts.zero_threshold = threshold;
}

// To one zero bucket, while bounds are still fine, and to one schema, so that bucket stands by bucket.
void Align(Parts& a, Parts& b) {
  if (a.schema == NativeHistogram::kCustomSchema) return;
  double threshold = std::max(a.zero_threshold, b.zero_threshold);
  for (double wider; (wider = WidestThreshold(b, WidestThreshold(a, threshold))) > threshold;) threshold = wider;
  WidenZeroBucket(a, threshold);
  WidenZeroBucket(b, threshold);
  ReduceSchema(a, b.schema);
  ReduceSchema(b, a.schema);
}

void AddCounts(Counts& to, const Counts& from, double factor) {
  for (const auto& [index, count] : from) to[index] += factor * count;
}

absl::Status CheckCompatible(const NativeHistogram& a, const Distribution& other) {
  if (other.kind() != Distribution::Kind::kNative) {
    return absl::FailedPreconditionError("histograms and sketches do not mix");
  }
  const auto& b = static_cast<const NativeHistogram&>(other);
  if (a.custom() != b.custom()) {
    return absl::FailedPreconditionError("histograms with exponential and with custom buckets do not mix");
  }
  if (a.parts().bounds != b.parts().bounds) {
    return absl::FailedPreconditionError("histograms with different custom bounds do not mix");
  }
  return absl::OkStatus();
}

void AddScaled(Parts& to, Parts from, double factor) {
  Align(to, from);
  to.zero_count += factor * from.zero_count;
  to.count += factor * from.count;
  to.sum += factor * from.sum;
  AddCounts(to.positive, from.positive, factor);
  AddCounts(to.negative, from.negative, factor);
}

bool AnyLess(const Counts& counts, const Counts& previous) {
  return std::any_of(previous.begin(), previous.end(), [&](const auto& bucket) {
    const auto found = counts.find(bucket.first);
    return (found == counts.end() ? 0 : found->second) < bucket.second;
  });
}

}  // namespace

double NativeBucketBound(int schema, int32_t index) {
  if (schema <= 0) return std::ldexp(1, std::clamp(index, -1100, 1100) * (1 << -schema));
  const int32_t whole = index >> schema;
  const int32_t rest = index & ((1 << schema) - 1);
  return std::ldexp(std::exp2(std::ldexp(rest, -schema)), whole);
}

NativeHistogram::NativeHistogram(Parts parts) : parts_(std::move(parts)) {
  DropEmpty(parts_.positive);
  DropEmpty(parts_.negative);
}

std::vector<Distribution::Bucket> NativeHistogram::Buckets() const {
  std::vector<Bucket> buckets;
  for (auto it = parts_.negative.rbegin(); it != parts_.negative.rend(); ++it) {
    buckets.push_back({1, -NativeBucketBound(parts_.schema, it->first),
                       -NativeBucketBound(parts_.schema, it->first - 1), it->second});
  }
  if (parts_.zero_count != 0) {
    buckets.push_back({3, -parts_.zero_threshold, parts_.zero_threshold, parts_.zero_count});
  }
  const auto end = static_cast<int32_t>(parts_.bounds.size());
  for (const auto& [index, count] : parts_.positive) {
    if (custom()) {
      buckets.push_back({index == 0 ? 3 : 0, index == 0 ? -kInfinity : parts_.bounds[index - 1],
                         index >= end ? kInfinity : parts_.bounds[index], count});
    } else {
      buckets.push_back(
          {0, NativeBucketBound(parts_.schema, index - 1), NativeBucketBound(parts_.schema, index), count});
    }
  }
  return buckets;
}

bool NativeHistogram::Equals(const Distribution& other) const {
  if (other.kind() != Kind::kNative) return false;
  const Parts& b = static_cast<const NativeHistogram&>(other).parts_;
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return parts_.schema == b.schema && parts_.zero_threshold == b.zero_threshold && same(parts_.sum, b.sum) &&
         same(parts_.count, b.count) && same(parts_.zero_count, b.zero_count) && parts_.bounds == b.bounds &&
         parts_.positive == b.positive && parts_.negative == b.negative;
}

absl::StatusOr<DistributionPtr> NativeHistogram::Plus(absl::Span<const Distribution* const> others) const {
  Parts sum = parts_;
  for (const Distribution* other : others) {
    if (absl::Status status = CheckCompatible(*this, *other); !status.ok()) return status;
    const Parts& addend = static_cast<const NativeHistogram*>(other)->parts_;
    AddScaled(sum, addend, 1);
    if (addend.hint != sum.hint) sum.hint = Hint::kUnknown;
  }
  return std::make_shared<NativeHistogram>(std::move(sum));
}

absl::StatusOr<DistributionPtr> NativeHistogram::Minus(const Distribution& other) const {
  if (absl::Status status = CheckCompatible(*this, other); !status.ok()) return status;
  Parts difference = parts_;
  AddScaled(difference, static_cast<const NativeHistogram&>(other).parts_, -1);
  difference.hint = Hint::kGauge;
  return std::make_shared<NativeHistogram>(std::move(difference));
}

absl::StatusOr<DistributionPtr> NativeHistogram::Scaled(double factor) const {
  Parts scaled = parts_;
  for (double* value : {&scaled.zero_count, &scaled.count, &scaled.sum}) *value *= factor;
  for (Counts* counts : {&scaled.positive, &scaled.negative}) {
    for (auto& bucket : *counts) bucket.second *= factor;
  }
  if (factor < 0) scaled.hint = Hint::kGauge;
  return std::make_shared<NativeHistogram>(std::move(scaled));
}

bool NativeHistogram::IsResetFrom(const NativeHistogram& previous) const {
  if (parts_.hint == Hint::kReset) return true;
  if (parts_.hint == Hint::kNoReset) return false;
  if (parts_.count < previous.parts_.count || !CheckCompatible(*this, previous).ok()) return true;
  Parts before = previous.parts_;
  if (!custom()) {
    if (parts_.schema > before.schema || parts_.zero_threshold < before.zero_threshold) return true;
    if (WidestThreshold(before, parts_.zero_threshold) != parts_.zero_threshold) return true;
    WidenZeroBucket(before, parts_.zero_threshold);
    ReduceSchema(before, parts_.schema);
    if (parts_.zero_count < before.zero_count) return true;
  }
  return AnyLess(parts_.positive, before.positive) || AnyLess(parts_.negative, before.negative);
}

}  // namespace tributary::promql
