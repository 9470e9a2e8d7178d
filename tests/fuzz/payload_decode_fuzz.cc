#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/wire/payload.h"

namespace tributary {
namespace {

// Whatever is accepted can be sent on, and is then read as the same series.
void CheckReadBack(const UnitPayload& payload, const InstanceId& instance) {
  UnitBuilder builder(instance);
  for (const auto& [key, aggregate] : payload.series) TRIBUTARY_CHECK(builder.Add(key, aggregate, 1));
  for (const Event& event : payload.events) TRIBUTARY_CHECK(builder.Add(event));
  size_t series = 0;
  for (const v1::Block& block : builder.Finish(1, 1)) {
    const absl::StatusOr<UnitPayload> again = DecodePayload(block, instance);
    TRIBUTARY_CHECK(again.ok());
    for (const auto& [key, aggregate] : again->series) TRIBUTARY_CHECK(key == payload.series[series++].first);
  }
  TRIBUTARY_CHECK(series == payload.series.size());
}

// The first byte chooses the codec; the checksum is right, or nothing behind it would be reached.
void Run(absl::string_view bytes) {
  if (bytes.empty()) return;
  v1::Block block;
  block.set_codec(bytes[0] & 1 ? v1::CODEC_ZSTD : v1::CODEC_RAW);
  block.set_payload(std::string(bytes.substr(1)));
  block.set_crc32c(Crc32c(block.payload()));
  const InstanceId instance = *InstanceId::FromBytes(std::string(InstanceId::kBytes, 'i'));
  KeyMemo memo(100);
  UnitPayload payload;
  const bool ok = DecodePayload(block, instance, memo, payload).ok();
  if (ok) CheckReadBack(payload, instance);
  // Keys that are known by now change nothing.
  UnitPayload again;
  TRIBUTARY_CHECK(DecodePayload(block, instance, memo, again).ok() == ok);
  if (ok) CheckReadBack(again, instance);
}

}  // namespace
}  // namespace tributary

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tributary::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
