#include "common/wire/messages.h"

#include <algorithm>
#include <utility>

#include "common/base/instance_id.h"
#include "common/base/status.h"
#include "common/wire/payload.h"
#include "common/wire/refusal.h"

namespace tributary {
namespace {

bool IsInterval(int64_t interval) { return interval >= 0 && interval <= kMaxInterval; }

bool IsLabel(const std::string& text) { return text.size() <= kMaxLabelBytes; }

bool IsInstance(const std::string& bytes) {
  const std::optional<InstanceId> instance = InstanceId::FromBytes(bytes);
  return instance.has_value() && !instance->empty();
}

template <class List>
bool ArePartitions(const List& partitions) {
  return std::all_of(partitions.begin(), partitions.end(), [](uint32_t p) { return p < kPartitionCount; });
}

absl::Status ValidateHello(const v1::Hello& hello) {
  const bool has_role = hello.role() == v1::ROLE_AGENT || hello.role() == v1::ROLE_PROXY;
  const bool supersedes = hello.supersedes().empty() || IsInstance(hello.supersedes());
  const bool valid =
      has_role && supersedes && IsLabel(hello.cluster()) && IsLabel(hello.host()) && IsInterval(hello.first_interval());
  return valid ? absl::OkStatus() : Refused("bad_hello");
}

absl::Status ValidateBatch(const v1::Batch& batch) {
  if (batch.blocks().empty() || !IsLabel(batch.owner())) return Refused("bad_batch");
  size_t payload_bytes = 0;
  for (const v1::Block& block : batch.blocks()) {
    TRIBUTARY_RETURN_IF_ERROR(Validate(block));
    payload_bytes += block.payload().size();
  }
  return payload_bytes <= kMaxPayloadBytes ? absl::OkStatus() : Refused("batch_too_large");
}

template <class List>
bool AreDrops(const List& drops) {
  return static_cast<size_t>(drops.size()) <= kMaxDropReasons &&
         std::all_of(drops.begin(), drops.end(), [](const v1::Drop& drop) {
           return !drop.reason().empty() && drop.reason().size() <= kMaxReasonBytes;
         });
}

absl::Status ValidateMarker(const v1::Marker& marker) {
  const bool valid = IsInterval(marker.interval()) && DecodePartitions(marker.nonempty()).has_value() &&
                     AreDrops(marker.dropped()) && AreDrops(marker.books().dropped());
  return valid ? absl::OkStatus() : Refused("bad_marker");
}

absl::Status ValidateGoodbye(const v1::Goodbye& goodbye) {
  const bool valid = IsInterval(goodbye.final_interval()) && AreDrops(goodbye.books().dropped());
  return valid ? absl::OkStatus() : Refused("bad_goodbye");
}

absl::Status ValidateReceived(const v1::Received& received) {
  for (const v1::Received::Blocks& blocks : received.blocks()) {
    const bool has_status = blocks.status() != v1::BLOCK_STATUS_UNSPECIFIED && v1::BlockStatus_IsValid(blocks.status());
    const bool valid = has_status && IsInterval(blocks.interval()) && ArePartitions(blocks.partitions()) &&
                       blocks.partitions_size() == blocks.chunks_size();
    if (!valid) return Refused("bad_received");
  }
  const bool valid = std::all_of(received.markers().begin(), received.markers().end(), IsInterval);
  return valid ? absl::OkStatus() : Refused("bad_received");
}

absl::Status ValidateCommitted(const v1::Committed& committed) {
  const bool valid = IsInterval(committed.interval()) && ArePartitions(committed.partitions()) &&
                     committed.partitions_size() == committed.chunks_size();
  return valid ? absl::OkStatus() : Refused("bad_committed");
}

absl::Status ValidatePull(const v1::Pull& pull) {
  return IsInterval(pull.interval()) && ArePartitions(pull.partitions()) ? absl::OkStatus() : Refused("bad_pull");
}

}  // namespace

absl::Status Validate(const v1::Up& message) {
  if (!IsInstance(message.instance())) return Refused("bad_instance");
  switch (message.message_case()) {
    case v1::Up::kHello:
      return ValidateHello(message.hello());
    case v1::Up::kBatch:
      return ValidateBatch(message.batch());
    case v1::Up::kMarker:
      return ValidateMarker(message.marker());
    case v1::Up::kGoodbye:
      return ValidateGoodbye(message.goodbye());
    case v1::Up::kView:
      return FromProto(message.view()).status();
    case v1::Up::MESSAGE_NOT_SET:
      break;
  }
  return Refused("unknown_message");
}

absl::Status Validate(const v1::Down& message) {
  if (!IsInstance(message.instance())) return Refused("bad_instance");
  if (!IsLabel(message.owner())) return Refused("bad_owner");
  switch (message.message_case()) {
    case v1::Down::kWelcome:
    case v1::Down::kCredit:
    case v1::Down::kRefusal:
      return absl::OkStatus();
    case v1::Down::kView:
      return FromProto(message.view()).status();
    case v1::Down::kReceived:
      return ValidateReceived(message.received());
    case v1::Down::kCommitted:
      return ValidateCommitted(message.committed());
    case v1::Down::kPull:
      return ValidatePull(message.pull());
    case v1::Down::MESSAGE_NOT_SET:
      break;
  }
  return Refused("unknown_message");
}

absl::Status Validate(const v1::Block& block) {
  const bool late = block.chunk_count() == 0;
  const bool numbered = late ? block.chunk() >= kLateChunkBit : block.chunk() < block.chunk_count();
  if (!IsInterval(block.interval()) || block.partition() >= kPartitionCount || !numbered) return Refused("bad_block");
  if (block.chunk_count() > kMaxChunks) return Refused("bad_block");
  if (block.codec() != v1::CODEC_RAW && block.codec() != v1::CODEC_ZSTD) return Refused("unknown_codec");
  if (block.payload().empty()) return Refused("empty_payload");
  return block.payload().size() <= kMaxPayloadBytes ? absl::OkStatus() : Refused("payload_too_large");
}

uint64_t DroppedOf(const v1::Books& books) {
  uint64_t samples = 0;
  for (const v1::Drop& drop : books.dropped()) samples += drop.sample_count();
  return samples;
}

int64_t DifferenceOf(const v1::Books& books) {
  const uint64_t found = books.committed() + books.local() + books.pending() + books.open() + DroppedOf(books);
  return static_cast<int64_t>(books.accepted() - found);
}

v1::View ToProto(const View& view) {
  v1::View message;
  message.set_sequence(view.sequence);
  message.set_effective_from(view.effective_from);
  for (const Member& member : view.members) {
    v1::Member& out = *message.add_members();
    out.set_id(member.id);
    out.set_address(member.address);
    out.set_weight(member.weight);
  }
  return message;
}

absl::StatusOr<View> FromProto(const v1::View& message) {
  if (static_cast<size_t>(message.members_size()) > View::kMaxMembers || !IsInterval(message.effective_from())) {
    return Refused("bad_view");
  }
  View view{.sequence = message.sequence(), .effective_from = message.effective_from(), .members = {}};
  for (const v1::Member& member : message.members()) {
    if (!IsLabel(member.id()) || !IsLabel(member.address())) return Refused("bad_view");
    view.members.push_back({member.id(), member.address(), member.weight()});
  }
  if (view.members.empty() || !view.IsWellFormed()) return Refused("bad_view");
  return view;
}

std::string EncodePartitions(const PartitionSet& partitions) {
  if (partitions.none()) return std::string();
  std::string bytes(kPartitionCount / 8, '\0');
  for (size_t p = 0; p < kPartitionCount; ++p) {
    if (partitions[p]) bytes[p / 8] = static_cast<char>(bytes[p / 8] | (1 << (p % 8)));
  }
  return bytes;
}

std::optional<PartitionSet> DecodePartitions(absl::string_view bytes) {
  PartitionSet partitions;
  if (bytes.empty()) return partitions;
  if (bytes.size() != kPartitionCount / 8) return std::nullopt;
  for (size_t p = 0; p < kPartitionCount; ++p) partitions[p] = (static_cast<uint8_t>(bytes[p / 8]) >> (p % 8)) & 1;
  return partitions;
}

}  // namespace tributary
