#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "local/forward/unit_spool.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// One record of a segment file (docs/wire.md).
struct SegmentRecord {
  enum class Kind : uint8_t { kPending = 1, kRetained, kForget, kMarker, kGoodbye, kFinish };

  Kind kind = Kind::kForget;
  InstanceId instance;               // but for kForget
  GroupId group = 0;                 // kPending, kRetained, kForget
  v1::Batch batch;                   // kPending, kRetained
  v1::Marker marker;                 // kMarker
  uint64_t samples = 0;              // kMarker: see UnitSpool::NoteMarker
  IntervalIndex final_interval = 0;  // kGoodbye
};

inline constexpr absl::string_view kSegmentMagic = "TRIBSEG1";  // begins the file
inline constexpr size_t kRecordHeaderBytes = 12;
inline constexpr size_t kMaxRecordBytes = 4u << 20;

// With its header.
std::string EncodeRecord(const SegmentRecord& record);

// Reads the records of a segment, whose bytes may be anything: what is torn, flipped or malformed is skipped, up to the
// next record that is whole.
//
// Threads: thread-compatible. `bytes` outlive it.
class SegmentReader {
 public:
  explicit SegmentReader(absl::string_view bytes);

  std::optional<SegmentRecord> Next();
  // Of the record that Next returned last, and its size.
  size_t offset() const { return offset_; }
  size_t size() const { return size_; }
  // Stretches skipped so far.
  uint64_t damage() const { return damage_; }

 private:
  std::optional<SegmentRecord> ReadAt(size_t offset);

  const absl::string_view bytes_;
  size_t next_ = 0;
  size_t offset_ = 0;
  size_t size_ = 0;
  uint64_t damage_ = 0;
};

}  // namespace tributary
