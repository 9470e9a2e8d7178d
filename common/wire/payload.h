#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/aggregate/aggregate.h"
#include "common/base/instance_id.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/metric/series_key.h"
#include "tributary/v1/delivery.pb.h"

struct ZSTD_CCtx_s;

namespace tributary {

// Bounds of one block. An encoder cuts so that even the decoded payload is at most kMaxPayloadBytes; decoders allow
// other encoders to cut after compression.
inline constexpr size_t kMaxPayloadBytes = 1 << 20;
inline constexpr size_t kMaxDecodedBytes = 8 << 20;
inline constexpr size_t kMaxPayloadItems = 1 << 16;  // series and events
inline constexpr size_t kMaxItemBytes = 256 << 10;   // one series or event

// The chunk number of the k-th late block of `interval` that became ready when `closing_interval` closed.
// REQUIRES: 0 < closing_interval - interval < 2^19, k < kMaxLateChunks.
inline constexpr uint32_t kLateChunkBit = 0x80000000;
inline constexpr uint32_t kMaxLateChunks = 4096;
uint32_t LateChunk(IntervalIndex interval, IntervalIndex closing_interval, uint32_t k);

// Writes what one instance has for one partition in one interval as blocks. Reusable: Finish leaves it empty.
// Thread-compatible.
class UnitBuilder {
 public:
  explicit UnitBuilder(const InstanceId& instance);
  UnitBuilder(UnitBuilder&&) noexcept;
  UnitBuilder& operator=(UnitBuilder&&) noexcept;
  ~UnitBuilder();

  // False, and nothing added, when it is beyond the limits of the wire; the caller counts `sample_count` as dropped.
  // REQUIRES: the key is canonical, the aggregate agrees with its type and has samples.
  bool Add(const SeriesKey& key, const Aggregate& aggregate, uint64_t sample_count);
  bool Add(const Event& event);  // one sample

  bool empty() const { return chunks_.empty(); }

  // The blocks of a main unit, chunks 0..n-1; none when empty.
  std::vector<v1::Block> Finish(IntervalIndex interval, PartitionId partition);
  // The same samples as a late unit.
  std::vector<v1::Block> FinishLate(IntervalIndex interval, PartitionId partition, IntervalIndex closing_interval);

 private:
  struct Chunk {
    std::string bytes;  // of a v1.UnitPayload
    size_t items = 0;
    uint64_t sample_count = 0;
  };
  struct FreeZstd {
    void operator()(ZSTD_CCtx_s* context) const;
  };

  bool AddItem(int field, const google::protobuf::MessageLite& item, uint64_t sample_count);
  v1::Block ToBlock(Chunk chunk, IntervalIndex interval, PartitionId partition);

  InstanceId instance_;
  std::vector<Chunk> chunks_;
  v1::SeriesAggregate scratch_;
  std::unique_ptr<ZSTD_CCtx_s, FreeZstd> zstd_;
};

struct UnitPayload {
  std::vector<std::pair<SeriesKey, Aggregate>> series;
  std::vector<Event> events;
};

// The payload of a block that `instance` sent. Errors are as those of FromProto. Memory: at most kMaxDecodedBytes and
// what decoded series hold; compressed bytes that announce more are refused before anything is allocated.
absl::StatusOr<UnitPayload> DecodePayload(const v1::Block& block, const InstanceId& instance);

}  // namespace tributary
