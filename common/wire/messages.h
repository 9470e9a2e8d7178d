#pragma once

#include <bitset>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/interval.h"
#include "common/hash/partition.h"
#include "common/hash/view.h"
#include "tributary/v1/delivery.pb.h"

namespace tributary {

// The shape of delivery messages. What passes Validate can be used without further checks of sizes and ranges: ids have
// 16 bytes, enumerators are known, partitions and intervals are in range, parallel lists have equal lengths. Payloads
// are not looked into; DecodePayload does that. Errors are InvalidArgument with one word from a fixed set.

// Interval numbers beyond it are refused, so that adding to one cannot overflow; 34,000 years of 1 s.
inline constexpr IntervalIndex kMaxInterval = IntervalIndex{1} << 40;
inline constexpr size_t kMaxLabelBytes = 253;  // ids, hosts, addresses, cluster names: as long as a DNS name
inline constexpr size_t kMaxDropReasons = 64;  // of one marker, or of books
inline constexpr size_t kMaxReasonBytes = 64;

absl::Status Validate(const v1::Up& message);
absl::Status Validate(const v1::Down& message);
absl::Status Validate(const v1::Block& block);

// Of Books: accepted - (committed + local + pending + open + dropped). 0: they balance. Sums wrap, so that no number a
// peer may say is out of range.
int64_t DifferenceOf(const v1::Books& books);
uint64_t DroppedOf(const v1::Books& books);

v1::View ToProto(const View& view);
// A View that is well-formed and has members.
absl::StatusOr<View> FromProto(const v1::View& message);

// Marker.nonempty: bit p is bit p % 8 of byte p / 8; no bytes: none.
using PartitionSet = std::bitset<kPartitionCount>;
std::string EncodePartitions(const PartitionSet& partitions);
// Nothing unless empty or kPartitionCount / 8 bytes.
std::optional<PartitionSet> DecodePartitions(absl::string_view bytes);

}  // namespace tributary
