#include "global/store/ledger_codec.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/wire/messages.h"
#include "common/wire/series.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "tributary/v1/aggregate.pb.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {
namespace {

constexpr int64_t kNoInterval = INT64_MIN;

// Of a stored total.
constexpr uint8_t kHasTotal = 1;
constexpr uint8_t kNothingPending = 2;

template <class T>
void BigEndian(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

template <class T>
T TakeBigEndian(absl::string_view& bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof value; ++i) value = static_cast<T>((value << 8) | static_cast<unsigned char>(bytes[i]));
  bytes.remove_prefix(sizeof value);
  return value;
}

void WriteTotal(ByteWriter& out, const RunningTotal& total) {
  out.U64(static_cast<uint64_t>(total.count.high()));
  out.U64(total.count.low());
  out.U64(static_cast<uint64_t>(total.sum.high()));
  out.U64(total.sum.middle());
  out.U64(total.sum.low());
  out.Zigzag(total.since);
}

RunningTotal ReadTotal(ByteReader& in) {
  RunningTotal total;
  const auto count_high = static_cast<int64_t>(in.U64());
  total.count = Fixed128::FromParts(count_high, in.U64());
  const auto sum_high = static_cast<int64_t>(in.U64());
  const uint64_t sum_middle = in.U64();
  total.sum = Fixed192::FromParts(sum_high, sum_middle, in.U64());
  total.since = in.Zigzag();
  return total;
}

using google::protobuf::internal::WireFormatLite;

// Field 12 of a stored v1::Row, which is no field of the message: nobody but stores has a use for it.
constexpr uint32_t kHandoverTag = WireFormatLite::MakeTag(12, WireFormatLite::WIRETYPE_FIXED32);

// 0 when there is none.
uint32_t HandoverOf(absl::string_view row) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(row.data()), static_cast<int>(row.size()));
  uint32_t handover = 0;
  for (uint32_t tag = in.ReadTag(); tag != 0; tag = in.ReadTag()) {
    const bool read = tag == kHandoverTag ? in.ReadLittleEndian32(&handover) : WireFormatLite::SkipField(&in, tag);
    if (!read) break;
  }
  return handover;
}

InstanceId ReadInstance(ByteReader& in) {
  const auto id = InstanceId::FromBytes(in.Bytes(InstanceId::kBytes));
  if (!id) in.Fail();
  return id.value_or(InstanceId());
}

}  // namespace

std::string RowKey::Encode() const {
  std::string bytes = BlockPrefix(resolution, block);
  BigEndian(bytes, series);
  BigEndian(bytes, offset);
  BigEndian(bytes, version);
  BigEndian(bytes, emitter);
  return bytes;
}

std::optional<RowKey> RowKey::Decode(absl::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  RowKey key;
  key.resolution = TakeBigEndian<uint8_t>(bytes);
  key.block = TakeBigEndian<uint32_t>(bytes);
  key.series = TakeBigEndian<uint32_t>(bytes);
  key.offset = TakeBigEndian<uint16_t>(bytes);
  key.version = TakeBigEndian<uint8_t>(bytes);
  key.emitter = TakeBigEndian<uint16_t>(bytes);
  return key;
}

std::string BlockPrefix(uint8_t resolution, uint32_t block) {
  std::string bytes;
  BigEndian(bytes, resolution);
  BigEndian(bytes, block);
  return bytes;
}

std::string EncodeRow(const Row& row, double compression) {
  google::protobuf::Arena arena;
  v1::Row& message = *google::protobuf::Arena::CreateMessage<v1::Row>(&arena);
  const auto* distribution = std::get_if<DistributionAggregate>(&row.value);
  if (distribution != nullptr && distribution->digest.compression() > compression) {
    const Aggregate cut =
        DistributionAggregate{distribution->digest.Recompressed(compression), distribution->reciprocal_sum};
    ValueToProto(row, cut, message);
  } else {
    ValueToProto(row, row.value, message);
  }
  return message.SerializeAsString();
}

absl::StatusOr<Row> DecodeRow(absl::string_view bytes, const SharedSeriesKey& key, IntervalIndex interval,
                              uint32_t version, uint32_t* handover) {
  v1::Row message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a stored row cannot be read");
  }
  absl::StatusOr<Row> row = ValueFromProto(message, key, interval, version);
  if (!row.ok()) return absl::DataLossError(absl::StrCat("a stored row is wrong: ", row.status().message()));
  if (handover != nullptr) *handover = HandoverOf(bytes);
  return row;
}

// Of fields that come twice the last counts.
std::string MarkRow(absl::string_view bytes, uint32_t handover) {
  std::string marked(bytes);
  ByteWriter out(marked);
  out.Varint(kHandoverTag);
  out.U32(handover);
  return marked;
}

std::string EncodeRollup(const IntervalMask& covered, int size, absl::string_view row) {
  std::string bytes;
  bytes.reserve(row.size() + 8);
  ByteWriter out(bytes);
  out.Sized(covered.Encode(size));
  out.Bytes(row);
  return bytes;
}

absl::StatusOr<absl::string_view> DecodeRollup(absl::string_view bytes, int size, IntervalMask& covered) {
  ByteReader in(bytes);
  const absl::string_view mask = in.Sized();
  if (!in.ok() || !IntervalMask::Decode(mask, size, covered)) {
    return absl::DataLossError("a stored row's intervals cannot be read");
  }
  return in.rest();
}

std::string EncodeKeyId(KeyId id) {
  std::string bytes;
  BigEndian(bytes, id);
  return bytes;
}

std::optional<KeyId> DecodeKeyId(absl::string_view bytes) {
  if (bytes.size() != sizeof(KeyId)) return std::nullopt;
  return TakeBigEndian<KeyId>(bytes);
}

std::string EncodeSeriesKey(const SeriesKey& key) {
  v1::SeriesAggregate message;
  ToProto(key, message);
  return message.SerializeAsString();
}

absl::StatusOr<SeriesKey> DecodeSeriesKey(absl::string_view bytes) {
  v1::SeriesAggregate message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a stored series cannot be read");
  }
  return KeyFromProto(message);
}

std::string RollupProgressKey(uint8_t resolution) { return absl::StrCat("rolled_up_through_", resolution); }

std::string EncodeLifetime(const Lifetime& lifetime) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Zigzag(lifetime.first);
  out.Zigzag(lifetime.last);
  return bytes;
}

std::optional<Lifetime> DecodeLifetime(absl::string_view bytes) {
  ByteReader in(bytes);
  Lifetime lifetime;
  lifetime.first = in.Zigzag();
  lifetime.last = in.Zigzag();
  if (!in.AtEnd()) return std::nullopt;
  return lifetime;
}

std::string EncodeStaleRow(const StaleRow& row) {
  std::string bytes;
  BigEndian(bytes, row.resolution);
  BigEndian(bytes, static_cast<uint64_t>(row.interval));
  BigEndian(bytes, row.series);
  return bytes;
}

std::optional<StaleRow> DecodeStaleRow(absl::string_view bytes) {
  if (bytes.size() != 13) return std::nullopt;
  StaleRow row;
  row.resolution = TakeBigEndian<uint8_t>(bytes);
  row.interval = static_cast<IntervalIndex>(TakeBigEndian<uint64_t>(bytes));
  row.series = TakeBigEndian<uint32_t>(bytes);
  return row;
}

std::string EncodeManifestName(const ManifestName& name) {
  std::string bytes;
  BigEndian(bytes, static_cast<uint64_t>(name.interval));
  BigEndian(bytes, name.partition);
  BigEndian(bytes, name.step);
  return bytes;
}

std::optional<ManifestName> DecodeManifestName(absl::string_view bytes) {
  if (bytes.size() != 11) return std::nullopt;
  ManifestName name;
  name.interval = static_cast<IntervalIndex>(TakeBigEndian<uint64_t>(bytes));
  name.partition = TakeBigEndian<uint16_t>(bytes);
  name.step = TakeBigEndian<uint8_t>(bytes);
  if (name.partition >= kPartitionCount) return std::nullopt;
  return name;
}

std::string EncodeManifest(const Manifest& manifest) {
  std::string bytes;
  ByteWriter out(bytes);
  out.U8(manifest.step);
  out.U8(manifest.closed ? 1 : 0);
  out.U8(manifest.last_version);
  out.Varint(manifest.chunks.size());
  for (const ManifestChunk& chunk : manifest.chunks) {
    out.Bytes(chunk.instance.bytes());
    out.U32(chunk.chunk);
    out.Varint(chunk.chunk_count);
    out.U32(chunk.crc32c);
    out.Varint(chunk.sample_count);
    out.U8(chunk.stage);
  }
  out.Varint(manifest.emitted.size());
  for (const auto& [hash, stage] : manifest.emitted) {
    out.U64(hash.high);
    out.U64(hash.low);
    out.U8(stage);
  }
  return bytes;
}

std::optional<Manifest> DecodeManifest(absl::string_view bytes) {
  ByteReader in(bytes);
  Manifest manifest;
  manifest.step = in.U8();
  manifest.closed = in.U8() != 0;
  manifest.last_version = in.U8();
  for (uint64_t left = in.Varint(); left > 0 && in.ok(); --left) {
    ManifestChunk chunk;
    chunk.instance = ReadInstance(in);
    chunk.chunk = in.U32();
    chunk.chunk_count = static_cast<uint32_t>(in.Varint());
    chunk.crc32c = in.U32();
    chunk.sample_count = in.Varint();
    chunk.stage = in.U8();
    manifest.chunks.push_back(chunk);
  }
  for (uint64_t left = in.Varint(); left > 0 && in.ok(); --left) {
    const uint64_t high = in.U64();
    const uint64_t low = in.U64();
    manifest.emitted.emplace_back(Hash128{high, low}, in.U8());
  }
  if (!in.AtEnd()) return std::nullopt;
  return manifest;
}

std::string EncodeTotal(const SeriesTotal& total) {
  std::string bytes;
  bytes.reserve(64);
  ByteWriter out(bytes);
  out.Zigzag(total.last_interval);
  const bool is_pending = total.pending != RunningTotal();
  out.U8((total.total ? kHasTotal : 0) | (is_pending ? 0 : kNothingPending));
  if (total.total) WriteTotal(out, *total.total);
  if (is_pending) WriteTotal(out, total.pending);
  return bytes;
}

std::optional<SeriesTotal> DecodeTotal(absl::string_view bytes) {
  ByteReader in(bytes);
  SeriesTotal total;
  total.last_interval = in.Zigzag();
  const uint8_t flags = in.U8();
  if (flags & kHasTotal) total.total = ReadTotal(in);
  if (!(flags & kNothingPending)) total.pending = ReadTotal(in);
  if (!in.AtEnd()) return std::nullopt;
  return total;
}

std::string EncodeRoster(const std::vector<RosterEntry>& roster) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Varint(roster.size());
  for (const RosterEntry& entry : roster) {
    out.Bytes(entry.instance.bytes());
    out.Sized(entry.host);
    out.Zigzag(entry.first_interval);
    out.Zigzag(entry.final_interval.value_or(kNoInterval));
    out.Zigzag(absl::ToUnixNanos(entry.last_heard));
    out.U8(static_cast<uint8_t>(entry.state));
  }
  return bytes;
}

std::optional<std::vector<RosterEntry>> DecodeRoster(absl::string_view bytes) {
  ByteReader in(bytes);
  std::vector<RosterEntry> roster;
  for (uint64_t left = in.Varint(); left > 0 && in.ok(); --left) {
    RosterEntry entry;
    entry.instance = ReadInstance(in);
    entry.host = std::string(in.Sized());
    entry.first_interval = in.Zigzag();
    const int64_t final_interval = in.Zigzag();
    if (final_interval != kNoInterval) entry.final_interval = final_interval;
    entry.last_heard = absl::FromUnixNanos(in.Zigzag());
    const uint8_t state = in.U8();
    if (state > static_cast<uint8_t>(RosterEntry::State::kDead)) return std::nullopt;
    entry.state = static_cast<RosterEntry::State>(state);
    roster.push_back(std::move(entry));
  }
  if (!in.AtEnd()) return std::nullopt;
  return roster;
}

std::string EncodeViews(const std::vector<View>& views) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Varint(views.size());
  for (const View& view : views) out.Sized(ToProto(view).SerializeAsString());
  return bytes;
}

std::optional<std::vector<View>> DecodeViews(absl::string_view bytes) {
  ByteReader in(bytes);
  std::vector<View> views;
  for (uint64_t left = in.Varint(); left > 0 && in.ok(); --left) {
    const absl::string_view encoded = in.Sized();
    v1::View message;
    if (!message.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) return std::nullopt;
    absl::StatusOr<View> view = FromProto(message);
    if (!view.ok()) return std::nullopt;
    views.push_back(*std::move(view));
  }
  if (!in.AtEnd()) return std::nullopt;
  return views;
}

}  // namespace tributary
