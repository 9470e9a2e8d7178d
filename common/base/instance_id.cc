#include "common/base/instance_id.h"

#include <sys/random.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/base/check.h"

namespace tributary {

InstanceId InstanceId::Random() {
  InstanceId id;
  TRIBUTARY_CHECK(getrandom(id.bytes_.data(), id.bytes_.size(), 0) == static_cast<ssize_t>(kBytes));
  return id;
}

std::optional<InstanceId> InstanceId::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  InstanceId id;
  std::copy(bytes.begin(), bytes.end(), id.bytes_.begin());
  return id;
}

std::string InstanceId::ToString() const { return absl::BytesToHexString(bytes()); }

}  // namespace tributary
