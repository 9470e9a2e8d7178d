#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/aggregate/row.h"

namespace tributary {

// What one entry of the outbox holds: rows, or events.
struct EntryItems {
  std::vector<Row> rows;
  std::vector<Event> events;
};

// The bytes of the outbox. An entry of rows is their number as a varint, then zstd of the rows, each a varint-sized
// v1.Row. An entry of events is a zero, their number, then zstd of varint-sized v1.Events. Decoders take any bytes.
std::string EncodeSequence(uint64_t sequence);  // big-endian: sorts as the number does
std::optional<uint64_t> DecodeSequence(absl::string_view bytes);

std::string EncodeEntry(absl::Span<const Row* const> rows);      // at least one
std::string EncodeEntry(absl::Span<const Event* const> events);  // at least one
absl::StatusOr<EntryItems> DecodeEntry(absl::string_view bytes);
std::optional<uint64_t> CountEntryItems(absl::string_view bytes);

}  // namespace tributary
