#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/aggregate/aggregate.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/metric/series_key.h"
#include "common/metric/shared_series_key.h"
#include "common/wire/key_memo.h"
#include "tributary/v1/aggregate.pb.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// Bounds of one block. UnitBuilder cuts before it compresses; decoders allow for encoders that cut afterwards.
inline constexpr size_t kMaxPayloadBytes = 1 << 20;
inline constexpr size_t kMaxDecodedBytes = 8 << 20;
inline constexpr size_t kMaxHeldBytes = 128 << 20;   // by the series that a block decodes to
inline constexpr size_t kMaxPayloadItems = 1 << 16;  // series and events
inline constexpr size_t kMaxItemBytes = 256 << 10;   // one series or event
inline constexpr uint32_t kMaxChunks = 4096;         // of one unit

// The chunk number of the k-th late block of `interval` that became ready when `closing_interval` closed.
// REQUIRES: 0 < closing_interval - interval < 2^19, k < kMaxChunks.
inline constexpr uint32_t kLateChunkBit = 0x80000000;
uint32_t LateChunk(IntervalIndex interval, IntervalIndex closing_interval, uint32_t k);

// Writes what one instance has for one partition in one interval as blocks, each at most kMaxPayloadBytes before it is
// compressed with zstd, level 1, where that saves an eighth. Finish leaves it empty, to be used again.
// Thread-compatible; the compressor's memory is shared by all builders of a thread.
class UnitBuilder {
 public:
  explicit UnitBuilder(const InstanceId& instance) : instance_(instance) {}

  // False, and nothing added, when no receiver would take it: beyond the limits of the wire, not canonical, or without
  // samples. The caller counts `sample_count` as dropped. REQUIRES: AgreesWithType(aggregate, key.type).
  [[nodiscard]] bool Add(const SeriesKey& key, const Aggregate& aggregate, uint64_t sample_count);
  [[nodiscard]] bool Add(const Event& event);  // one sample

  bool empty() const { return chunks_.empty(); }

  // The blocks of a main unit, chunks 0..n-1; none when empty.
  std::vector<v1::Block> Finish(IntervalIndex interval, PartitionId partition);
  // The same as a late unit, whose chunks are LateChunk(interval, closing_interval, 0..n-1).
  std::vector<v1::Block> FinishLate(IntervalIndex interval, PartitionId partition, IntervalIndex closing_interval);

 private:
  struct Chunk {
    std::string bytes;  // of a v1.UnitPayload
    size_t items = 0;
    uint64_t sample_count = 0;
  };

  bool AddItem(int field, const google::protobuf::MessageLite& item, uint64_t sample_count);
  std::vector<v1::Block> TakeBlocks(IntervalIndex interval, PartitionId partition);

  InstanceId instance_;
  std::vector<Chunk> chunks_;
  v1::SeriesAggregate scratch_;
};

struct UnitPayload {
  std::vector<std::pair<SharedSeriesKey, Aggregate>> series;
  std::vector<Event> events;
};

// The payload of a block that `instance` sent. Errors are like those of FromProto (series.h). Memory: kMaxDecodedBytes
// and kMaxHeldBytes: a set of one rank takes 3 bytes and 16 KiB; a zstd frame must say its size, so one that is too
// large costs nothing.
absl::StatusOr<UnitPayload> DecodePayload(const v1::Block& block, const InstanceId& instance);
// The same in place of what `payload` held; keys that `memo` knows are shared. After an error `payload` holds anything.
absl::Status DecodePayload(const v1::Block& block, const InstanceId& instance, KeyMemo& memo, UnitPayload& payload);

}  // namespace tributary
