#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "local/spool/segment_record.h"

namespace tributary {
namespace {

// Whatever is read is written as a record that reads the same.
void Read(absl::string_view bytes) {
  SegmentReader reader(bytes);
  while (const auto record = reader.Next()) {
    TRIBUTARY_CHECK(reader.offset() + reader.size() <= bytes.size());
    const std::string again = std::string(kSegmentMagic) + EncodeRecord(*record);
    SegmentReader second(again);
    const auto same = second.Next();
    TRIBUTARY_CHECK(same && EncodeRecord(*same) == EncodeRecord(*record));
  }
}

// As a file; and as the body of one record whose checksum is right, or little behind it would be reached.
void Run(absl::string_view bytes) {
  Read(bytes);
  std::string framed(kSegmentMagic);
  ByteWriter writer(framed);
  writer.Bytes("TRec");
  writer.U32(static_cast<uint32_t>(bytes.size()));
  writer.U32(Crc32c(bytes));
  writer.Bytes(bytes);
  Read(framed);
}

}  // namespace
}  // namespace tributary

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tributary::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
