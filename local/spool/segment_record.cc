#include "local/spool/segment_record.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/base/bytes.h"
#include "common/wire/messages.h"

namespace tributary {

namespace {

using Kind = SegmentRecord::Kind;

constexpr absl::string_view kRecordMagic = "TRec";  // little-endian length and CRC-32C of the body follow

bool HasGroup(Kind kind) { return kind == Kind::kPending || kind == Kind::kRetained || kind == Kind::kForget; }
bool HasBlocks(Kind kind) { return kind == Kind::kPending || kind == Kind::kRetained; }

// As strict as with what comes over a socket: it goes out on one.
bool IsValid(const SegmentRecord& record) {
  v1::Up up;
  up.set_instance(std::string(record.instance.bytes()));
  if (HasBlocks(record.kind)) {
    *up.mutable_batch() = record.batch;
  } else if (record.kind == Kind::kMarker) {
    *up.mutable_marker() = record.marker;
  } else if (record.kind == Kind::kGoodbye) {
    up.mutable_goodbye()->set_final_interval(record.final_interval);
  } else {
    return true;
  }
  return Validate(up).ok();
}

std::optional<SegmentRecord> Decode(absl::string_view body) {
  ByteReader reader(body);
  const uint8_t kind = reader.U8();
  if (kind < static_cast<uint8_t>(Kind::kPending) || kind > static_cast<uint8_t>(Kind::kFinish)) return std::nullopt;
  SegmentRecord record;
  record.kind = static_cast<Kind>(kind);
  if (HasGroup(record.kind)) record.group = reader.U64();
  if (record.kind == Kind::kForget) return reader.AtEnd() ? std::optional(std::move(record)) : std::nullopt;
  const std::optional<InstanceId> instance = InstanceId::FromBytes(reader.Bytes(InstanceId::kBytes));
  if (!instance || instance->empty()) return std::nullopt;
  record.instance = *instance;
  if (record.kind == Kind::kMarker) record.samples = reader.U64();
  if (record.kind == Kind::kGoodbye) record.final_interval = reader.Zigzag();
  if (HasBlocks(record.kind) || record.kind == Kind::kMarker) {
    const absl::string_view message = reader.Sized();
    const int size = static_cast<int>(message.size());
    const bool parsed = HasBlocks(record.kind) ? record.batch.ParseFromArray(message.data(), size)
                                               : record.marker.ParseFromArray(message.data(), size);
    if (!parsed) return std::nullopt;
  }
  if (!reader.AtEnd() || !IsValid(record)) return std::nullopt;
  return record;
}

}  // namespace

std::string EncodeRecord(const SegmentRecord& record) {
  std::string body;
  ByteWriter writer(body);
  writer.U8(static_cast<uint8_t>(record.kind));
  if (HasGroup(record.kind)) writer.U64(record.group);
  if (record.kind != Kind::kForget) writer.Bytes(record.instance.bytes());
  if (record.kind == Kind::kMarker) writer.U64(record.samples);
  if (record.kind == Kind::kGoodbye) writer.Zigzag(record.final_interval);
  if (HasBlocks(record.kind)) writer.Sized(record.batch.SerializeAsString());
  if (record.kind == Kind::kMarker) writer.Sized(record.marker.SerializeAsString());

  std::string bytes;
  ByteWriter framed(bytes);
  framed.Bytes(kRecordMagic);
  framed.U32(static_cast<uint32_t>(body.size()));
  framed.U32(Crc32c(body));
  framed.Bytes(body);
  return bytes;
}

SegmentReader::SegmentReader(absl::string_view bytes) : bytes_(bytes) {
  if (absl::StartsWith(bytes_, kSegmentMagic)) {
    next_ = kSegmentMagic.size();
  } else if (!bytes_.empty()) {
    damage_ += 1;
  }
}

std::optional<SegmentRecord> SegmentReader::Next() {
  const size_t begin = next_;
  for (size_t at = bytes_.find(kRecordMagic, begin); at != absl::string_view::npos;
       at = bytes_.find(kRecordMagic, at + 1)) {
    std::optional<SegmentRecord> record = ReadAt(at);
    if (!record) continue;
    if (at != begin && begin != 0) damage_ += 1;
    return record;
  }
  if (begin != 0 && begin < bytes_.size()) damage_ += 1;
  next_ = bytes_.size();
  return std::nullopt;
}

std::optional<SegmentRecord> SegmentReader::ReadAt(size_t offset) {
  ByteReader header(bytes_.substr(offset + kRecordMagic.size()));
  const uint32_t length = header.U32();
  const uint32_t crc32c = header.U32();
  if (!header.ok() || length > kMaxRecordBytes || length > header.rest().size()) return std::nullopt;
  const absl::string_view body = header.rest().substr(0, length);
  if (Crc32c(body) != crc32c) return std::nullopt;
  std::optional<SegmentRecord> record = Decode(body);
  if (!record) return std::nullopt;
  offset_ = offset;
  size_ = kRecordHeaderBytes + length;
  next_ = offset_ + size_;
  return record;
}

}  // namespace tributary
