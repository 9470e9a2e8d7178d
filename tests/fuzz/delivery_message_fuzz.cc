#include <cstddef>
#include <cstdint>

#include "common/base/check.h"
#include "common/hash/view.h"
#include "common/wire/messages.h"
#include "common/wire/series.h"

namespace tributary {
namespace {

template <class Message>
bool ParseAndValidate(const uint8_t* data, size_t size, Message& message) {
  return message.ParseFromArray(data, static_cast<int>(size)) && Validate(message).ok();
}

// Whatever passes can be used without further checks.
void Run(const uint8_t* data, size_t size) {
  v1::Up up;
  if (ParseAndValidate(data, size, up)) {
    if (up.has_view()) Assignment(FromProto(up.view())->members);
    if (up.has_marker()) TRIBUTARY_CHECK(DecodePartitions(up.marker().nonempty()).has_value());
  }
  v1::Down down;
  if (ParseAndValidate(data, size, down) && down.has_committed()) {
    TRIBUTARY_CHECK(down.committed().partitions_size() == down.committed().chunks_size());
  }
  v1::Row row;
  if (!row.ParseFromArray(data, static_cast<int>(size))) return;
  const absl::StatusOr<Row> read = FromProto(row);
  if (read.ok()) TRIBUTARY_CHECK(FromProto(ToProto(*read)).ok());
}

}  // namespace
}  // namespace tributary

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tributary::Run(data, size);
  return 0;
}
