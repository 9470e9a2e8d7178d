#include "common/wire/payload.h"

#include "absl/types/span.h"
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/wire/events.h"
#include "common/wire/refusal.h"
#include "common/wire/series.h"
#include "common/wire/zstd.h"

namespace tributary {
namespace {

constexpr size_t kMinBytesToCompress = 256;

// Of a protobuf field: its number and how its value is written.
constexpr uint32_t kWireVarint = 0;
constexpr uint32_t kWireFixed64 = 1;
constexpr uint32_t kWireSized = 2;
constexpr uint32_t kWireFixed32 = 5;
constexpr uint32_t TagOf(int field) { return static_cast<uint32_t>(field) << 3 | kWireSized; }

bool HasSamples(const Aggregate& aggregate) {
  if (const auto* gauge = std::get_if<GaugeAggregate>(&aggregate)) return gauge->count > 0;
  if (const auto* distribution = std::get_if<DistributionAggregate>(&aggregate)) return !distribution->digest.empty();
  if (const auto* set = std::get_if<SetAggregate>(&aggregate)) return !set->members.empty();
  return true;
}

bool IsWithinLimits(const Aggregate& aggregate) {
  const auto* check = std::get_if<CheckAggregate>(&aggregate);
  return check == nullptr || (check->status <= kMaxCheckStatus && check->message.size() <= kMaxCheckMessageBytes);
}

void SetPayload(std::string bytes, v1::Block& block) {
  block.set_codec(v1::CODEC_RAW);
  if (bytes.size() >= kMinBytesToCompress) {
    std::string frame = CompressZstd(bytes);
    if (frame.size() <= bytes.size() - bytes.size() / 8) {
      block.set_codec(v1::CODEC_ZSTD);
      bytes = std::move(frame);
    }
  }
  block.set_crc32c(Crc32c(bytes));
  block.set_payload(std::move(bytes));
}

void Skip(uint32_t wire_type, ByteReader& reader) {
  switch (wire_type) {
    case kWireVarint:
      reader.Varint();
      return;
    case kWireFixed64:
      reader.U64();
      return;
    case kWireSized:
      reader.Sized();
      return;
    case kWireFixed32:
      reader.U32();
      return;
    default:
      reader.Fail();
  }
}

// The key's fields, as far as they stand first and in order: as every encoder of ours writes them.
absl::string_view KeyBytes(absl::string_view series) {
  constexpr uint32_t kTypeTag = v1::SeriesAggregate::kTypeFieldNumber << 3 | kWireVarint;
  ByteReader reader(series);
  size_t size = 0;
  for (uint64_t last = 0; reader.ok(); size = series.size() - reader.rest().size()) {
    const uint64_t tag = reader.AtEnd() ? 0 : reader.Varint();
    const bool is_text =
        tag == TagOf(v1::SeriesAggregate::kNameFieldNumber) || tag == TagOf(v1::SeriesAggregate::kTagsFieldNumber);
    if ((!is_text && tag != kTypeTag) || tag < last) break;
    is_text ? static_cast<void>(reader.Sized()) : static_cast<void>(reader.Varint());
    last = tag;
  }
  return series.substr(0, size);
}

bool HasKey(const v1::SeriesAggregate& message) {
  return !message.name().empty() || message.tags_size() > 0 || message.type() != v1::METRIC_TYPE_UNSPECIFIED;
}

// With the help of `memo`, which knows keys by the bytes that stand before the value.
class SeriesDecoder {
 public:
  SeriesDecoder(const InstanceId& instance, KeyMemo& memo) : instance_(instance), memo_(memo) {}

  absl::Status Decode(absl::string_view bytes, std::pair<SharedSeriesKey, Aggregate>& series) {
    const absl::string_view key_bytes = KeyBytes(bytes);
    const absl::string_view value_bytes = bytes.substr(key_bytes.size());
    if (const SharedSeriesKey* known = memo_.Find(key_bytes)) {
      series.first = *known;
    } else {
      if (!Parse(key_bytes)) return Refused("malformed");
      absl::StatusOr<SeriesKey> key = KeyFromProto(scratch_);
      if (!key.ok()) return DecodeOutOfOrder(bytes, series);
      series.first = *std::move(key);
      memo_.Add(key_bytes, series.first);
    }
    if (IsDistribution(series.first->type)) {
      if (const auto fields = FieldsOfDistribution(value_bytes)) {
        TRIBUTARY_ASSIGN_OR_RETURN(series.second, DistributionOf(*fields));
        return absl::OkStatus();
      }
    }
    if (!Parse(value_bytes)) return Refused("malformed");
    if (HasKey(scratch_)) return DecodeOutOfOrder(bytes, series);
    scratch_.set_type(static_cast<v1::MetricType>(series.first->type));
    TRIBUTARY_ASSIGN_OR_RETURN(series.second, AggregateFromProto(scratch_, instance_));
    return absl::OkStatus();
  }

 private:
  bool Parse(absl::string_view bytes) { return scratch_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())); }

  // Another encoder's, which wrote some of the key after the value.
  absl::Status DecodeOutOfOrder(absl::string_view bytes, std::pair<SharedSeriesKey, Aggregate>& series) {
    if (!Parse(bytes)) return Refused("malformed");
    TRIBUTARY_ASSIGN_OR_RETURN(series.first, KeyFromProto(scratch_));
    TRIBUTARY_ASSIGN_OR_RETURN(series.second, AggregateFromProto(scratch_, instance_));
    return absl::OkStatus();
  }

  const InstanceId& instance_;
  KeyMemo& memo_;
  v1::SeriesAggregate scratch_;
};

absl::Status DecodeEvent(absl::string_view bytes, UnitPayload& payload) {
  v1::Event message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Refused("malformed");
  TRIBUTARY_ASSIGN_OR_RETURN(Event event, FromProto(message));
  payload.events.push_back(std::move(event));
  return absl::OkStatus();
}

// Item by item: a v1.UnitPayload parsed as one could hold a message for every two bytes.
absl::Status DecodeItems(absl::string_view bytes, const InstanceId& instance, KeyMemo& memo, UnitPayload& payload) {
  SeriesDecoder decoder(instance, memo);
  ByteReader reader(bytes);
  size_t items = 0;
  size_t series = 0;
  size_t held = 0;
  payload.events.clear();
  while (reader.ok() && !reader.AtEnd()) {
    const uint64_t tag = reader.Varint();
    if (tag != TagOf(v1::UnitPayload::kSeriesFieldNumber) && tag != TagOf(v1::UnitPayload::kEventsFieldNumber)) {
      Skip(static_cast<uint32_t>(tag & 7), reader);
      continue;
    }
    const absl::string_view item = reader.Sized();
    if (item.size() > kMaxItemBytes) return Refused("item_too_large");
    if (++items > kMaxPayloadItems) return Refused("too_many_items");
    if (!reader.ok()) break;
    if (tag == TagOf(v1::UnitPayload::kEventsFieldNumber)) {
      TRIBUTARY_RETURN_IF_ERROR(DecodeEvent(item, payload));
      continue;
    }
    if (series == payload.series.size()) payload.series.emplace_back();
    TRIBUTARY_RETURN_IF_ERROR(decoder.Decode(item, payload.series[series]));
    held += MemoryBytes(payload.series[series++].second);
    if (held > kMaxHeldBytes) return Refused("payload_too_large");
  }
  if (!reader.ok()) return Refused("malformed");
  payload.series.resize(series);
  return absl::OkStatus();
}

}  // namespace

uint32_t LateChunk(IntervalIndex interval, IntervalIndex closing_interval, uint32_t k) {
  const IntervalIndex age = closing_interval - interval;
  TRIBUTARY_CHECK(age > 0 && age < (1 << 19) && k < kMaxChunks);
  return kLateChunkBit | static_cast<uint32_t>(age) << 12 | k;
}

bool UnitBuilder::Add(const SeriesKey& key, const Aggregate& aggregate, uint64_t sample_count) {
  TRIBUTARY_CHECK(AgreesWithType(aggregate, key.type));
  if (!key.IsWithinLimits() || !key.IsCanonical() || !HasSamples(aggregate) || !IsWithinLimits(aggregate)) return false;
  scratch_.Clear();
  ToProto(key, scratch_);
  ToProto(aggregate, scratch_, instance_);
  return AddItem(v1::UnitPayload::kSeriesFieldNumber, scratch_, sample_count);
}

bool UnitBuilder::Add(const Event& event) {
  if (!tributary::IsWithinLimits(event)) return false;
  return AddItem(v1::UnitPayload::kEventsFieldNumber, ToProto(event), 1);
}

bool UnitBuilder::AddItem(int field, const google::protobuf::MessageLite& item, uint64_t sample_count) {
  constexpr size_t kMostHeaderBytes = 1 + 10;
  const size_t item_bytes = item.ByteSizeLong();
  if (item_bytes > kMaxItemBytes) return false;
  const bool fits = !chunks_.empty() && chunks_.back().items < kMaxPayloadItems &&
                    chunks_.back().bytes.size() + kMostHeaderBytes + item_bytes <= kMaxPayloadBytes;
  if (!fits && chunks_.size() == kMaxChunks) return false;
  if (!fits) chunks_.emplace_back();

  Chunk& chunk = chunks_.back();
  ByteWriter writer(chunk.bytes);
  writer.Varint(TagOf(field));
  writer.Varint(item_bytes);
  const size_t header_end = chunk.bytes.size();
  chunk.bytes.resize(header_end + item_bytes);
  item.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(chunk.bytes.data() + header_end));
  ++chunk.items;
  chunk.sample_count += sample_count;
  return true;
}

std::vector<v1::Block> UnitBuilder::TakeBlocks(IntervalIndex interval, PartitionId partition) {
  std::vector<v1::Block> blocks(chunks_.size());
  for (size_t i = 0; i < chunks_.size(); ++i) {
    blocks[i].set_interval(interval);
    blocks[i].set_partition(partition);
    blocks[i].set_sample_count(chunks_[i].sample_count);
    SetPayload(std::move(chunks_[i].bytes), blocks[i]);
  }
  chunks_.clear();
  return blocks;
}

std::vector<v1::Block> UnitBuilder::Finish(IntervalIndex interval, PartitionId partition) {
  std::vector<v1::Block> blocks = TakeBlocks(interval, partition);
  for (uint32_t chunk = 0; chunk < blocks.size(); ++chunk) {
    blocks[chunk].set_chunk(chunk);
    blocks[chunk].set_chunk_count(static_cast<uint32_t>(blocks.size()));
  }
  return blocks;
}

std::vector<v1::Block> UnitBuilder::FinishLate(IntervalIndex interval, PartitionId partition,
                                               IntervalIndex closing_interval) {
  std::vector<v1::Block> blocks = TakeBlocks(interval, partition);
  for (uint32_t k = 0; k < blocks.size(); ++k) blocks[k].set_chunk(LateChunk(interval, closing_interval, k));
  return blocks;
}

absl::StatusOr<UnitPayload> DecodePayload(const v1::Block& block, const InstanceId& instance) {
  UnitPayload payload;
  KeyMemo memo(2 * kMaxPayloadItems);
  TRIBUTARY_RETURN_IF_ERROR(DecodePayload(block, instance, memo, payload));
  return payload;
}

absl::Status DecodePayload(const v1::Block& block, const InstanceId& instance, KeyMemo& memo, UnitPayload& payload) {
  const std::string& bytes = block.payload();
  if (bytes.size() > kMaxPayloadBytes) return Refused("payload_too_large");
  if (Crc32c(bytes) != block.crc32c()) return Refused("crc_mismatch");
  if (block.codec() == v1::CODEC_RAW) return DecodeItems(bytes, instance, memo, payload);
  if (block.codec() != v1::CODEC_ZSTD) return Refused("unknown_codec");
  const std::optional<std::string> decoded = DecompressZstd(bytes, kMaxDecodedBytes);
  if (!decoded.has_value()) return Refused("bad_zstd");
  return DecodeItems(*decoded, instance, memo, payload);
}

}  // namespace tributary
