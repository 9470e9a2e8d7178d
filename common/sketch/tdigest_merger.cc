#include "common/sketch/tdigest_merger.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "common/sketch/compress.h"
#include "common/sketch/tdigest_body.h"

namespace tributary {
namespace {

constexpr uint32_t kSlots = 64;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Of a slot after compaction. All slots in use fill about half of the buffer together, however few they are.
double SlotCompression(size_t buffer_centroids, size_t slots_in_use) {
  return std::clamp(static_cast<double>(buffer_centroids) / (3.0 * static_cast<double>(slots_in_use)),
                    TDigest::kMinCompression, 4 * TDigest::kMaxCompression);
}

}  // namespace

TDigestMerger::TDigestMerger(size_t buffer_centroids)
    : buffer_centroids_(std::max(buffer_centroids, kMinBufferCentroids)), min_(kNone), max_(kNone) {}

void TDigestMerger::Add(const TDigest& digest, uint64_t source_hash) {
  if (digest.empty()) return;
  TDigest::Body scratch;
  const TDigest::Body& body = digest.Folded(scratch);
  min_ = empty() ? body.min : std::min(min_, body.min);
  max_ = empty() ? body.max : std::max(max_, body.max);
  count_ += body.count;
  sum_ += body.sum;

  const Run run{.begin = static_cast<uint32_t>(centroids_.size()), .slot = static_cast<uint32_t>(source_hash % kSlots)};
  if (runs_.empty() || runs_.back().slot != run.slot) runs_.push_back(run);
  body.reconstruction().AppendSplit(centroids_);
  if (centroids_.size() > buffer_centroids_) Compact();
}

TDigest TDigestMerger::Finish(double compression) const {
  TDigest result(compression);
  if (empty()) return result;
  result.body_ = std::make_unique<TDigest::Body>(CutAll(result.compression_, 1));
  return result;
}

TDigest::Body TDigestMerger::CutAll(uint16_t compression, double dither) const {
  Compressed compressed =
      Compress(SortedCentroids(centroids_), Cut{.compression = 1.0 * compression, .dither = dither});
  TDigest::Body body;
  body.count = count_;
  body.sum = sum_;
  body.min = min_;
  body.max = max_;
  body.rows = std::move(compressed.rows);
  body.coordinate = compressed.coordinate;
  body.cut = compression;
  return body;
}

// Each slot is cut with a dither of its own, so that the slots' cuts do not clump either.
void TDigestMerger::Compact() {
  std::array<std::vector<Centroid>, kSlots> slots;
  for (size_t i = 0; i < runs_.size(); ++i) {
    const size_t end = i + 1 < runs_.size() ? runs_[i + 1].begin : centroids_.size();
    std::vector<Centroid>& slot = slots[runs_[i].slot];
    slot.insert(slot.end(), centroids_.begin() + runs_[i].begin, centroids_.begin() + end);
  }
  centroids_.clear();
  runs_.clear();
  const auto in_use = std::count_if(slots.begin(), slots.end(), [](const auto& slot) { return !slot.empty(); });
  const double compression = SlotCompression(buffer_centroids_, static_cast<size_t>(in_use));
  for (uint32_t slot = 0; slot < kSlots; ++slot) {
    if (slots[slot].empty()) continue;
    const double dither = 0.8 + 0.4 * slot / kSlots;
    const Compressed cut = Compress(SortedCentroids(slots[slot]), Cut{.compression = compression, .dither = dither});
    runs_.push_back(Run{.begin = static_cast<uint32_t>(centroids_.size()), .slot = slot});
    centroids_.insert(centroids_.end(), cut.rows.begin(), cut.rows.end());
  }
  approximate_order_ = true;
}

size_t TDigestMerger::MemoryBytes() const {
  return sizeof *this + centroids_.capacity() * sizeof(Centroid) + runs_.capacity() * sizeof(Run);
}

}  // namespace tributary
