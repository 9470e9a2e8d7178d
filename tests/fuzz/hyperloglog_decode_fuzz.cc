#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/sketch/hyperloglog.h"

namespace tributary {
namespace {

// Whatever is accepted can be counted, and written and read again without a change.
void Run(absl::string_view bytes) {
  const absl::StatusOr<HyperLogLog> set = HyperLogLog::Decode(bytes);
  if (!set.ok()) return;
  TRIBUTARY_CHECK(std::isfinite(set->Estimate()) && set->Estimate() >= 0);
  std::string once;
  set->Encode(once);
  const absl::StatusOr<HyperLogLog> read = HyperLogLog::Decode(once);
  TRIBUTARY_CHECK(read.ok());
  std::string twice;
  read->Encode(twice);
  TRIBUTARY_CHECK(once == twice);
  std::string axiomhq;
  set->EncodeAxiomhq(axiomhq);
  TRIBUTARY_CHECK(HyperLogLog::Decode(axiomhq).ok());
  HyperLogLog merged = *read;
  merged.Merge(*set);
  std::string of_both;
  merged.Encode(of_both);
  TRIBUTARY_CHECK(once == of_both);
}

}  // namespace
}  // namespace tributary

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tributary::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
