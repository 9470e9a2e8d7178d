#include "common/sketch/tdigest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "common/base/check.h"
#include "common/sketch/compress.h"
#include "common/sketch/tdigest_body.h"
#include "common/sketch/tdigest_merger.h"

namespace tributary {
namespace {

constexpr size_t kMaxPending = 1024;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr uint16_t kNoDither = 1024;

uint16_t WholeCompression(double compression) {
  if (!(compression > TDigest::kMinCompression)) return static_cast<uint16_t>(TDigest::kMinCompression);
  return static_cast<uint16_t>(std::lround(std::min(compression, TDigest::kMaxCompression)));
}

// 0.8 to 1.2 in 1/1024, from the middle bits of a multiplicative hash.
uint16_t Dither(uint64_t seed) {
  if (seed == 0) return kNoDither;
  const uint64_t mixed = (seed ^ (seed >> 32)) * 0x9E3779B97F4A7C15;
  return static_cast<uint16_t>(kNoDither - 205 + (mixed >> 32) % 411);
}

size_t NextCapacity(size_t capacity) {
  for (const size_t step : {8, 32, 128, 512}) {
    if (capacity < step) return step;
  }
  return kMaxPending;
}

}  // namespace

Fixed192 SumOf(const Centroid& row) {
  return Fixed192::FromDouble(std::clamp(row.mean * row.weight, -Fixed192::kMaxMagnitude, Fixed192::kMaxMagnitude));
}

TDigest::TDigest(double compression, uint64_t dither_seed)
    : compression_(WholeCompression(compression)), dither_(Dither(dither_seed)) {}

TDigest::TDigest(const TDigest& other)
    : compression_(other.compression_),
      dither_(other.dither_),
      pending_(other.pending_),
      body_(other.body_ ? std::make_unique<Body>(*other.body_) : nullptr) {}

TDigest& TDigest::operator=(const TDigest& other) { return *this = TDigest(other); }

TDigest::TDigest(TDigest&&) noexcept = default;
TDigest& TDigest::operator=(TDigest&&) noexcept = default;
TDigest::~TDigest() = default;

bool TDigest::AddSlowly(double value, double weight) {
  if (!(weight > 0) || !Fixed128::Representable(weight) || !Fixed192::Representable(value)) return false;
  const Fixed128 exact_weight = Fixed128::FromDouble(weight);
  const Centroid sample{.mean = value + 0.0, .weight = exact_weight.ToDouble()};
  if (exact_weight.IsZero() || !Fixed192::Representable(sample.mean * sample.weight)) return false;
  if (weight == 1) {
    if (pending_.capacity() >= kMaxPending) {
      Compress();
    } else {
      pending_.reserve(NextCapacity(pending_.capacity()));
    }
    pending_.push_back(sample.mean);
    return true;
  }
  if (body_ == nullptr) body_ = std::make_unique<Body>();
  Body& body = *body_;
  body.count += exact_weight;
  body.sum += SumOf(sample);
  body.min = std::min(body.min, sample.mean);
  body.max = std::max(body.max, sample.mean);
  body.waiting.push_back(sample);
  if (body.waiting.size() >= kMaxPending) Compress();
  return true;
}

void TDigest::Merge(absl::Span<const TDigest* const> digests) {
  TDigestMerger merger(std::numeric_limits<uint32_t>::max());
  merger.Add(*this, 0);
  for (const TDigest* digest : digests) merger.Add(*digest, 0);
  if (merger.empty()) return;
  body_ = std::make_unique<Body>(merger.CutAll(2 * compression_, dither_ / 1024.0));
  pending_.clear();
}

void TDigest::Compress() {
  if (!Waiting()) return;
  auto folded = std::make_unique<Body>();
  Fold(2 * compression_, *folded);
  body_ = std::move(folded);
  pending_.clear();
}

bool TDigest::Waiting() const { return !pending_.empty() || (body_ != nullptr && !body_->waiting.empty()); }

void TDigest::Fold(uint16_t compression, Body& folded) const {
  SketchScratch& scratch = SketchScratch::OfThread();
  absl::Span<const Centroid> rows;
  if (body_ != nullptr) {
    rows = body_->rows;
    if (!body_->waiting.empty()) {
      std::vector<Centroid> unsorted = body_->rows;
      unsorted.insert(unsorted.end(), body_->waiting.begin(), body_->waiting.end());
      SortCentroids(unsorted, scratch.centroids);
      rows = scratch.centroids;
    }
  }
  scratch.values.assign(pending_.begin(), pending_.end());
  SortValues(absl::MakeSpan(scratch.values));
  folded.coordinate = tributary::Compress(
      scratch.values, rows, Cut{.compression = 1.0 * compression, .dither = dither_ / 1024.0}, folded.rows);
  folded.count = count();
  folded.sum = sum();
  folded.min = scratch.values.empty() ? body_->min : scratch.values.front();
  folded.max = scratch.values.empty() ? body_->max : scratch.values.back();
  if (body_ != nullptr) {
    folded.min = std::min(folded.min, body_->min);
    folded.max = std::max(folded.max, body_->max);
  }
  folded.cut = compression;
}

TDigest::Body& TDigest::ScratchBody() {
  static thread_local Body scratch;
  return scratch;
}

const TDigest::Body& TDigest::Folded() const {
  if (!Waiting()) return *body_;
  Fold(2 * compression_, ScratchBody());
  return ScratchBody();
}

const TDigest::Body& TDigest::Published() const {
  if (!Waiting() && body_->cut <= compression_) return *body_;
  Fold(compression_, ScratchBody());
  return ScratchBody();
}

double TDigest::Quantile(double q) const {
  double value;
  Quantiles(absl::MakeConstSpan(&q, 1), absl::MakeSpan(&value, 1));
  return value;
}

void TDigest::Quantiles(absl::Span<const double> q, absl::Span<double> out) const {
  TRIBUTARY_CHECK(q.size() == out.size());
  if (empty()) {
    std::fill(out.begin(), out.end(), kNone);
    return;
  }
  Folded().reconstruction().Quantiles(q, out);
}

double TDigest::Cdf(double x) const {
  double share;
  Cdfs(absl::MakeConstSpan(&x, 1), absl::MakeSpan(&share, 1));
  return share;
}

void TDigest::Cdfs(absl::Span<const double> x, absl::Span<double> out) const {
  TRIBUTARY_CHECK(x.size() == out.size());
  if (empty()) {
    std::fill(out.begin(), out.end(), kNone);
    return;
  }
  Folded().reconstruction().Cdfs(x, out);
}

Fixed128 TDigest::count() const {
  const Fixed128 waiting = Fixed128::FromDouble(static_cast<double>(pending_.size()));
  return body_ == nullptr ? waiting : waiting + body_->count;
}

Fixed192 TDigest::sum() const {
  const Fixed192 sum = Fixed192::SumOf(pending_);
  return body_ == nullptr ? sum : sum + body_->sum;
}

double TDigest::min() const {
  if (empty()) return kNone;
  double min = body_ == nullptr ? pending_.front() : body_->min;
  for (const double value : pending_) min = std::min(min, value);
  return min;
}

double TDigest::max() const {
  if (empty()) return kNone;
  double max = body_ == nullptr ? pending_.front() : body_->max;
  for (const double value : pending_) max = std::max(max, value);
  return max;
}

std::vector<Centroid> TDigest::Centroids() const {
  std::vector<Centroid> centroids;
  if (empty()) return centroids;
  const Body& published = Published();
  const Reconstruction reconstruction = published.reconstruction();
  centroids.reserve(published.rows.size());
  double before = published.min;
  for (size_t i = 0; i < published.rows.size(); ++i) {
    Centroid centroid = reconstruction.ArithmeticCentroid(i);
    // The logarithm has fewer bits than the value: of two averages of nearly equal values the later may come out lower.
    centroid.mean = before = std::max(before, centroid.mean);
    centroids.push_back(centroid);
  }
  return centroids;
}

TDigest TDigest::Recompressed(double compression) const {
  TDigest result(compression);
  result.dither_ = dither_;
  if (empty()) return result;
  // What has few enough rows would not be cut.
  if (!Waiting() && body_->cut != Body::kUncut && body_->rows.size() <= result.compression_) {
    result.body_ = std::make_unique<Body>(*body_);
    result.body_->cut = result.compression_;
    return result;
  }
  result.body_ = std::make_unique<Body>();
  Fold(result.compression_, *result.body_);
  return result;
}

absl::StatusOr<TDigest> TDigest::FromCentroids(absl::Span<const Centroid> centroids, double min, double max,
                                               double compression) {
  if (centroids.size() > kMaxCentroids) return absl::InvalidArgumentError("digest: too many centroids");
  TDigest result(compression);
  if (centroids.empty()) return result;
  if (!Fixed192::Representable(min) || !Fixed192::Representable(max)) {
    return absl::InvalidArgumentError("digest: min or max out of range");
  }
  auto body = std::make_unique<Body>();
  body->min = min + 0.0;
  body->max = max + 0.0;
  for (const Centroid& given : centroids) {
    Centroid row = given;
    row.mean += 0.0;
    if (!(row.weight > 0) || !Fixed128::Representable(row.weight) || Fixed128::FromDouble(row.weight).IsZero() ||
        !Fixed192::Representable(row.mean) || !Fixed192::Representable(row.mean * row.weight)) {
      return absl::InvalidArgumentError("digest: centroid out of range");
    }
    body->count += Fixed128::FromDouble(row.weight);
    body->sum += SumOf(row);
    body->min = std::min(body->min, row.mean);
    body->max = std::max(body->max, row.mean);
    body->rows.push_back(row);
  }
  std::vector<Centroid> unsorted = std::move(body->rows);
  SortCentroids(unsorted, body->rows);
  body->cut = Body::kUncut;
  result.body_ = std::move(body);
  return result;
}

size_t TDigest::MemoryBytes() const {
  size_t bytes = sizeof *this + pending_.capacity() * sizeof(double);
  if (body_ != nullptr) {
    bytes += sizeof(Body) + (body_->rows.capacity() + body_->waiting.capacity()) * sizeof(Centroid);
  }
  return bytes;
}

}  // namespace tributary
