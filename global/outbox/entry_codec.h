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

// The bytes of the outbox. An entry is the number of its rows as a varint, then zstd of
// the rows, each a varint-sized v1.Row. Decoders take any bytes.
std::string EncodeSequence(uint64_t sequence);  // big-endian: sorts as the number does
std::optional<uint64_t> DecodeSequence(absl::string_view bytes);

std::string EncodeEntry(absl::Span<const Row* const> rows);
absl::StatusOr<std::vector<Row>> DecodeEntry(absl::string_view bytes);
std::optional<uint64_t> CountEntryRows(absl::string_view bytes);

}  // namespace tributary
