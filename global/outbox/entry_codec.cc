#include "global/outbox/entry_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/wire/series.h"
#include "common/wire/zstd.h"
#include "tributary/v1/aggregate.pb.h"

namespace tributary {
namespace {

constexpr size_t kMaxEntryBytes = size_t{512} << 20;  // decompressed: 4,096 rows of the largest sets are 70 MB

}  // namespace

std::string EncodeSequence(uint64_t sequence) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(sequence >> shift));
  return bytes;
}

std::optional<uint64_t> DecodeSequence(absl::string_view bytes) {
  if (bytes.size() != sizeof(uint64_t)) return std::nullopt;
  uint64_t sequence = 0;
  for (const char byte : bytes) sequence = (sequence << 8) | static_cast<unsigned char>(byte);
  return sequence;
}

std::string EncodeEntry(absl::Span<const Row* const> rows) {
  std::string raw;
  ByteWriter raw_out(raw);
  for (const Row* row : rows) raw_out.Sized(ToProto(*row).SerializeAsString());
  std::string entry;
  ByteWriter out(entry);
  out.Varint(rows.size());
  out.Bytes(CompressZstd(raw));
  return entry;
}

std::optional<uint64_t> CountEntryRows(absl::string_view bytes) {
  ByteReader in(bytes);
  const uint64_t rows = in.Varint();
  if (!in.ok()) return std::nullopt;
  return rows;
}

absl::StatusOr<std::vector<Row>> DecodeEntry(absl::string_view bytes) {
  ByteReader in(bytes);
  const uint64_t count = in.Varint();
  const auto raw = DecompressZstd(in.rest(), kMaxEntryBytes);
  if (!in.ok() || !raw) return absl::DataLossError("its bytes are damaged");
  std::vector<Row> rows;
  ByteReader raw_in(*raw);
  v1::Row message;
  while (!raw_in.AtEnd()) {
    const absl::string_view encoded = raw_in.Sized();
    if (!raw_in.ok() || !message.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
      return absl::DataLossError("a row of it is damaged");
    }
    TRIBUTARY_ASSIGN_OR_RETURN(Row row, FromProto(message));
    rows.push_back(std::move(row));
  }
  if (rows.size() != count) return absl::DataLossError("rows are missing in it");
  return rows;
}

}  // namespace tributary
