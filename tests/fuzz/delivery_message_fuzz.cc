#include <cstddef>
#include <cstdint>

#include "common/base/check.h"
#include "common/hash/view.h"
#include "common/wire/block_runs.h"
#include "common/wire/messages.h"
#include "common/wire/series.h"

namespace tributary {
namespace {

// What is unpacked is of a bounded size, and the same after it has travelled once more.
void Repack(v1::Up up) {
  UnpackBlocks(up);
  if (!Validate(up).ok() || !up.has_batch()) return;
  up.DiscardUnknownFields();  // packing does not carry them
  const std::string before = up.SerializeAsString();
  PackBlocks(up);
  if (static_cast<size_t>(up.batch().runs_size()) > kMaxBatchBlocks) return;
  UnpackBlocks(up);
  if (up.has_batch()) TRIBUTARY_CHECK(up.SerializeAsString() == before);
}

template <class Message>
bool ParseAndValidate(const uint8_t* data, size_t size, Message& message) {
  return message.ParseFromArray(data, static_cast<int>(size)) && Validate(message).ok();
}

// Whatever passes can be used without further checks.
void Run(const uint8_t* data, size_t size) {
  v1::Up up;
  if (up.ParseFromArray(data, static_cast<int>(size))) Repack(up);
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
