#include "global/outbox/entry_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/wire/events.h"
#include "common/wire/series.h"
#include "common/wire/zstd.h"
#include "tributary/v1/aggregate.pb.h"

namespace tributary {
namespace {

constexpr size_t kMaxEntryBytes = size_t{512} << 20;  // decompressed: 4,096 rows of the largest sets are 70 MB

struct Header {
  uint64_t rows = 0;
  uint64_t events = 0;  // only without rows
};

Header ReadHeader(ByteReader& in) {
  Header header;
  header.rows = in.Varint();
  if (header.rows == 0) header.events = in.Varint();
  return header;
}

template <class Item>
std::string Sized(absl::Span<const Item* const> items) {
  std::string raw;
  ByteWriter out(raw);
  for (const Item* item : items) out.Sized(ToProto(*item).SerializeAsString());
  return raw;
}

template <class Message, class Item>
absl::Status ReadSized(absl::string_view raw, std::vector<Item>& items) {
  ByteReader in(raw);
  Message message;
  while (!in.AtEnd()) {
    const absl::string_view encoded = in.Sized();
    if (!in.ok() || !message.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
      return absl::DataLossError("a part of it is damaged");
    }
    TRIBUTARY_ASSIGN_OR_RETURN(Item item, FromProto(message));
    items.push_back(std::move(item));
  }
  return absl::OkStatus();
}

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
  std::string entry;
  ByteWriter(entry).Varint(rows.size());
  return entry + CompressZstd(Sized(rows));
}

std::string EncodeEntry(absl::Span<const Event* const> events) {
  std::string entry;
  ByteWriter out(entry);
  out.Varint(0);
  out.Varint(events.size());
  return entry + CompressZstd(Sized(events));
}

std::optional<uint64_t> CountEntryItems(absl::string_view bytes) {
  ByteReader in(bytes);
  const Header header = ReadHeader(in);
  if (!in.ok()) return std::nullopt;
  return header.rows + header.events;
}

absl::StatusOr<EntryItems> DecodeEntry(absl::string_view bytes) {
  ByteReader in(bytes);
  const Header header = ReadHeader(in);
  const auto raw = DecompressZstd(in.rest(), kMaxEntryBytes);
  if (!in.ok() || !raw) return absl::DataLossError("its bytes are damaged");
  EntryItems items;
  if (header.rows > 0) {
    TRIBUTARY_RETURN_IF_ERROR(ReadSized<v1::Row>(*raw, items.rows));
  } else {
    TRIBUTARY_RETURN_IF_ERROR(ReadSized<v1::Event>(*raw, items.events));
  }
  if (items.rows.size() != header.rows || items.events.size() != header.events) {
    return absl::DataLossError("something is missing in it");
  }
  return items;
}

}  // namespace tributary
