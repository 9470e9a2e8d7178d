#include "proxy/query/sketch_distribution.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/sketch/exponential_histogram.h"
#include "common/sketch/tdigest_merger.h"

namespace tributary {
namespace {

using promql::Distribution;
using promql::DistributionPtr;

constexpr double kMergedCompression = 500;  // as an owner merges a window
constexpr int kShownBuckets = 60;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

absl::Status DoNotMix() {
  return absl::FailedPreconditionError("sketches, sets and native histograms cannot be added to each other");
}

class SketchDistribution : public Distribution {
 public:
  SketchDistribution(TDigest digest, double factor) : digest_(std::move(digest)), factor_(factor) {}

  Kind kind() const override { return Kind::kSketch; }
  double Count() const override { return factor_ * digest_.count().ToDouble(); }
  double Sum() const override { return factor_ * digest_.sum().ToDouble(); }

  double Quantile(double phi) const override {
    if (digest_.empty() || std::isnan(phi)) return kNaN;
    if (phi < 0) return -std::numeric_limits<double>::infinity();
    if (phi > 1) return std::numeric_limits<double>::infinity();
    return digest_.Quantile(phi);
  }

  double Fraction(double lower, double upper) const override {
    if (digest_.empty() || std::isnan(lower) || std::isnan(upper)) return kNaN;
    return lower >= upper ? 0 : CdfAt(upper) - CdfAt(lower);
  }

  std::vector<Bucket> Buckets() const override {
    const ExponentialHistogram histogram = ExponentialHistogram::FromDigest(digest_, kShownBuckets);
    const auto bound = [&histogram](int64_t index) {
      return std::exp2(std::ldexp(static_cast<double>(index), -histogram.scale));
    };
    std::vector<Bucket> buckets;
    const ExponentialHistogram::Buckets& negative = histogram.negative;
    for (size_t k = negative.counts.size(); k > 0; --k) {
      const int64_t index = negative.offset + static_cast<int64_t>(k) - 1;
      Add(buckets, {1, -bound(index + 1), -bound(index), static_cast<double>(negative.counts[k - 1])});
    }
    Add(buckets, {3, 0, 0, static_cast<double>(histogram.zero_count)});
    const ExponentialHistogram::Buckets& positive = histogram.positive;
    for (size_t k = 0; k < positive.counts.size(); ++k) {
      const int64_t index = positive.offset + static_cast<int64_t>(k);
      Add(buckets, {0, bound(index), bound(index + 1), static_cast<double>(positive.counts[k])});
    }
    return buckets;
  }

  std::string ToString() const override {
    return absl::StrCat("{count:", promql::FormatValue(Count()), ", sum:", promql::FormatValue(Sum()), "}");
  }

  bool Equals(const Distribution& other) const override {
    const auto* sketch = dynamic_cast<const SketchDistribution*>(&other);
    if (sketch == nullptr || sketch->factor_ != factor_) return false;
    std::string mine, its;
    digest_.Encode(mine);
    sketch->digest_.Encode(its);
    return mine == its;
  }

  absl::StatusOr<DistributionPtr> Plus(absl::Span<const Distribution* const> others) const override {
    TDigestMerger merger;
    merger.Add(digest_, 0);
    uint64_t source = 0;
    for (const Distribution* other : others) {
      const auto* sketch = dynamic_cast<const SketchDistribution*>(other);
      if (sketch == nullptr) return DoNotMix();
      if (sketch->factor_ != factor_) {
        return absl::FailedPreconditionError(
            "sketches over windows of different lengths cannot be added; use increase instead of rate");
      }
      merger.Add(sketch->digest_, ++source);
    }
    return MakeSketchDistribution(merger.Finish(kMergedCompression), factor_);
  }

  absl::StatusOr<DistributionPtr> Minus(const Distribution&) const override {
    return absl::FailedPreconditionError(
        "a sketch holds what came in its window: there is nothing to subtract; ask for the window that is meant");
  }

  absl::StatusOr<DistributionPtr> Scaled(double factor) const override {
    if (!(factor >= 0) || std::isinf(factor)) {
      return absl::FailedPreconditionError("a sketch can only be multiplied by a number that is not negative");
    }
    return MakeSketchDistribution(digest_, factor_ * factor);
  }

 private:
  double CdfAt(double value) const {
    double share = 0;
    digest_.Cdfs({&value, 1}, {&share, 1});
    return share;
  }
  void Add(std::vector<Bucket>& buckets, Bucket bucket) const {
    if (bucket.count == 0) return;
    bucket.count *= factor_;
    buckets.push_back(bucket);
  }

  const TDigest digest_;
  const double factor_;
};

class SetDistribution : public Distribution {
 public:
  explicit SetDistribution(HyperLogLog members) : members_(std::move(members)) {}

  Kind kind() const override { return Kind::kSet; }
  double Count() const override { return members_.Estimate(); }
  double Sum() const override { return kNaN; }
  double Quantile(double) const override { return kNaN; }
  double Fraction(double, double) const override { return kNaN; }
  std::vector<Bucket> Buckets() const override { return {}; }
  std::string ToString() const override { return absl::StrCat("{distinct:", promql::FormatValue(Count()), "}"); }
  bool Equals(const Distribution& other) const override {
    const auto* set = dynamic_cast<const SetDistribution*>(&other);
    return set != nullptr && set->Count() == Count();
  }

  absl::StatusOr<DistributionPtr> Plus(absl::Span<const Distribution* const> others) const override {
    HyperLogLog merged = members_;
    for (const Distribution* other : others) {
      const auto* set = dynamic_cast<const SetDistribution*>(other);
      if (set == nullptr) return DoNotMix();
      merged.Merge(set->members_);
    }
    return MakeSetDistribution(std::move(merged));
  }
  absl::StatusOr<DistributionPtr> Minus(const Distribution&) const override {
    return absl::FailedPreconditionError("sets cannot be subtracted");
  }
  absl::StatusOr<DistributionPtr> Scaled(double) const override {
    return absl::FailedPreconditionError("a set cannot be multiplied; distinct() makes a number of it");
  }

 private:
  const HyperLogLog members_;
};

}  // namespace

DistributionPtr MakeSketchDistribution(TDigest digest, double factor) {
  digest.Compress();
  return std::make_shared<SketchDistribution>(std::move(digest), factor);
}

DistributionPtr MakeSetDistribution(HyperLogLog members) {
  return std::make_shared<SetDistribution>(std::move(members));
}

}  // namespace tributary
