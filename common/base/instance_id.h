#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// One life of a process: 16 random bytes drawn at its start, never stored for reuse. A value.
class InstanceId {
 public:
  static constexpr size_t kBytes = 16;

  InstanceId() = default;  // all zero: nobody
  static InstanceId Random();
  // Nothing unless exactly kBytes.
  static std::optional<InstanceId> FromBytes(absl::string_view bytes);

  absl::string_view bytes() const { return absl::string_view(bytes_.data(), bytes_.size()); }
  std::string ToString() const;  // 32 hex digits
  bool empty() const { return *this == InstanceId(); }

  friend auto operator<=>(const InstanceId&, const InstanceId&) = default;
  template <class H>
  friend H AbslHashValue(H state, const InstanceId& id) {
    return H::combine(std::move(state), id.bytes_);
  }

 private:
  std::array<char, kBytes> bytes_{};
};

}  // namespace tributary
