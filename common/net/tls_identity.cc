#include "common/net/tls_identity.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tributary {
namespace {

using Role = TlsIdentity::Role;

constexpr absl::string_view kScheme = "spiffe://";
constexpr size_t kMaxPartBytes = 255;  // of a trust domain, by the standard

constexpr std::array<std::pair<Role, absl::string_view>, 4> kRoles = {
    {{Role::kAgent, "agent"}, {Role::kProxy, "proxy"}, {Role::kGlobal, "global"}, {Role::kClient, "client"}}};

bool IsMark(char c) { return c == '.' || c == '-' || c == '_'; }
bool IsLowerWord(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || IsMark(c); }
bool IsWord(char c) { return absl::ascii_isalnum(c) || IsMark(c); }

bool IsSegment(absl::string_view segment) {
  return !segment.empty() && segment != "." && segment != ".." && std::all_of(segment.begin(), segment.end(), IsWord);
}

}  // namespace

absl::string_view TlsRoleName(Role role) {
  for (const auto& [candidate, name] : kRoles) {
    if (candidate == role) return name;
  }
  return "";
}

std::optional<Role> ParseTlsRole(absl::string_view name) {
  for (const auto& [role, candidate] : kRoles) {
    if (candidate == name) return role;
  }
  return std::nullopt;
}

bool IsTlsClusterName(absl::string_view cluster) {
  return !cluster.empty() && cluster.size() <= kMaxPartBytes &&
         std::all_of(cluster.begin(), cluster.end(), IsLowerWord);
}

bool IsTlsName(absl::string_view name) {
  if (name.size() > kMaxPartBytes) return false;
  const std::vector<absl::string_view> segments = absl::StrSplit(name, '/');
  return std::all_of(segments.begin(), segments.end(), IsSegment);
}

std::string TlsIdentity::ToUri() const { return absl::StrCat(kScheme, cluster, "/", TlsRoleName(role), "/", name); }

std::optional<TlsIdentity> ParseTlsIdentity(absl::string_view uri) {
  if (!absl::ConsumePrefix(&uri, kScheme)) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(uri, absl::MaxSplits('/', 2));
  if (parts.size() != 3 || !IsTlsClusterName(parts[0]) || !IsTlsName(parts[2])) return std::nullopt;
  const std::optional<Role> role = ParseTlsRole(parts[1]);
  if (!role) return std::nullopt;
  return TlsIdentity{std::string(parts[0]), *role, std::string(parts[2])};
}

}  // namespace tributary
