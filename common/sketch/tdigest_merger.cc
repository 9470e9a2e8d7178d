#include "common/sketch/tdigest_merger.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "common/sketch/compress.h"
#include "common/sketch/tdigest_body.h"

namespace tributary {
namespace {

constexpr uint32_t kSlots = 64;
// Of all the weight: nothing evens out the errors of a digest that holds as much.
constexpr double kLargeShare = 1 / 16.0;
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
  const TDigest::Body& body = digest.Folded();
  AddRun(body, body.rows, source_hash);
}

void TDigestMerger::Add(TDigest&& digest, uint64_t source_hash) {
  if (digest.empty()) return;
  digest.Compress();
  AddRun(*digest.body_, std::move(digest.body_->rows), source_hash);
  digest.body_ = nullptr;
}

void TDigestMerger::AddRun(const TDigest::Body& body, std::vector<Centroid> rows, uint64_t source_hash) {
  min_ = empty() ? body.min : std::min(min_, body.min);
  max_ = empty() ? body.max : std::max(max_, body.max);
  count_ += body.count;
  sum_ += body.sum;
  centroids_ += rows.size();
  centroids_room_ += rows.capacity();
  runs_.push_back(Run{.rows = std::move(rows),
                      .slot = static_cast<uint8_t>(source_hash % kSlots),
                      .coordinate = body.coordinate,
                      .min = body.min,
                      .max = body.max});
  if (centroids_ > buffer_centroids_) Compact();
}

size_t TDigestMerger::AppendSplit(const Run& run, size_t used, SketchScratch& scratch) const {
  const size_t room = used + Reconstruction::kMostParts * run.rows.size();
  if (scratch.centroids.size() < room) scratch.centroids.resize(std::max(room, 2 * scratch.centroids.size()));
  const Reconstruction reconstruction(run.rows, run.coordinate, run.min, run.max);
  const bool finely = reconstruction.weight() >= kLargeShare * count_.ToDouble();
  const Centroid* written = reconstruction.Split(finely, &scratch.centroids[used]);
  return static_cast<size_t>(written - scratch.centroids.data());
}

TDigest TDigestMerger::Finish(double compression) const {
  TDigest result(compression);
  if (empty()) return result;
  result.body_ = std::make_unique<TDigest::Body>(CutAll(result.compression_, 1));
  return result;
}

TDigest::Body TDigestMerger::CutAll(uint16_t compression, double dither) const {
  SketchScratch& scratch = SketchScratch::OfThread();
  size_t used = 0;
  for (const Run& run : runs_) used = AppendSplit(run, used, scratch);
  const bool may_repeat = SortCentroids(absl::MakeConstSpan(scratch.centroids).first(used), scratch.sorted);
  TDigest::Body body;
  body.coordinate =
      Compress(scratch.sorted, may_repeat, Cut{.compression = 1.0 * compression, .dither = dither}, body.rows);
  body.count = count_;
  body.sum = sum_;
  body.min = min_;
  body.max = max_;
  body.cut = compression;
  return body;
}

// Each slot is cut with a dither of its own, so that the slots' cuts do not clump either.
void TDigestMerger::Compact() {
  std::array<std::vector<const Run*>, kSlots> runs_of;
  for (const Run& run : runs_) runs_of[run.slot].push_back(&run);
  const auto in_use = std::count_if(runs_of.begin(), runs_of.end(), [](const auto& runs) { return !runs.empty(); });
  const double compression = SlotCompression(buffer_centroids_, static_cast<size_t>(in_use));

  SketchScratch& scratch = SketchScratch::OfThread();
  std::vector<Run> runs;
  centroids_ = 0;
  centroids_room_ = 0;
  for (uint32_t slot = 0; slot < kSlots; ++slot) {
    if (runs_of[slot].empty()) continue;
    size_t used = 0;
    for (const Run* run : runs_of[slot]) used = AppendSplit(*run, used, scratch);
    const bool may_repeat = SortCentroids(absl::MakeConstSpan(scratch.centroids).first(used), scratch.sorted);
    const double dither = 0.8 + 0.4 * slot / kSlots;
    std::vector<Centroid> rows;
    const Coordinate coordinate =
        Compress(scratch.sorted, may_repeat, Cut{.compression = compression, .dither = dither}, rows);
    centroids_ += rows.size();
    centroids_room_ += rows.capacity();
    const double min = rows.front().mean;
    const double max = rows.back().mean;
    runs.push_back(Run{
        .rows = std::move(rows), .slot = static_cast<uint8_t>(slot), .coordinate = coordinate, .min = min, .max = max});
  }
  runs_ = std::move(runs);
  approximate_order_ = true;
}

size_t TDigestMerger::MemoryBytes() const {
  return sizeof *this + centroids_room_ * sizeof(Centroid) + runs_.capacity() * sizeof(Run);
}

}  // namespace tributary
