#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// What a certificate says its owner is, as its one URI: spiffe://CLUSTER/ROLE/NAME. A value.
// Source: SPIFFE-ID and X.509-SVID standards; docs/decisions/0011-roles-in-certificates.md says why.
struct TlsIdentity {
  enum class Role { kAgent, kProxy, kGlobal, kClient };

  std::string cluster = {};
  Role role = Role::kClient;
  std::string name = {};  // of the machine or program; only shown and compared

  std::string ToUri() const;

  friend bool operator==(const TlsIdentity&, const TlsIdentity&) = default;
};

// "agent", "proxy", "global", "client".
absl::string_view TlsRoleName(TlsIdentity::Role role);
std::optional<TlsIdentity::Role> ParseTlsRole(absl::string_view name);

// Nothing for any other URI. Names may have further segments.
std::optional<TlsIdentity> ParseTlsIdentity(absl::string_view uri);

// Whether certificates can name the cluster: lower-case letters, digits, '.', '-' and '_'; at most 255.
bool IsTlsClusterName(absl::string_view cluster);
// Whether they can name one of its machines: letters, digits, '.', '-', '_', and '/' between; at most 255.
bool IsTlsName(absl::string_view name);

}  // namespace tributary
