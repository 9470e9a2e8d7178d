#include "cli/emit_target.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

constexpr absl::string_view kPort = "8125";

// Adds the port where a network address lacks it: "web-1", "udp://web-1", "[::1]".
std::string WithPort(absl::string_view text) {
  const size_t scheme_end = text.find("://");
  const absl::string_view rest = scheme_end == absl::string_view::npos ? text : text.substr(scheme_end + 3);
  const size_t bracket = rest.find(']');
  const bool has_port =
      bracket == absl::string_view::npos ? absl::StrContains(rest, ':') : absl::StrContains(rest.substr(bracket), ':');
  return has_port || absl::StartsWith(text, "unix") ? std::string(text) : absl::StrCat(text, ":", kPort);
}

absl::StatusOr<Address> Read(absl::string_view source, absl::string_view text) {
  absl::StatusOr<Address> address = ParseAddress(WithPort(text), Address::Kind::kUdp);
  if (address.ok()) return address;
  return absl::InvalidArgumentError(absl::StrCat(source, ": ", address.status().message()));
}

}  // namespace

absl::StatusOr<Address> EmitTarget(const std::string& asked, const std::function<const char*(const char*)>& variable) {
  const auto value_of = [&variable](const char* name) {
    const char* value = variable(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (!asked.empty()) return Read("--to", asked);
  for (const char* name : {"TRIBUTARY_AGENT", "DD_DOGSTATSD_URL"}) {
    if (const std::string text = value_of(name); !text.empty()) return Read(name, text);
  }
  if (const std::string path = value_of("DD_DOGSTATSD_SOCKET"); !path.empty()) {
    return Read("DD_DOGSTATSD_SOCKET", absl::StrCat("unixgram://", path));
  }
  const std::string host = value_of("DD_AGENT_HOST");
  const std::string port = value_of("DD_DOGSTATSD_PORT");
  const std::string in_brackets = absl::StrContains(host, ':') ? absl::StrCat("[", host, "]") : host;
  return Read(host.empty() ? "DD_DOGSTATSD_PORT" : "DD_AGENT_HOST",
              absl::StrCat(host.empty() ? "127.0.0.1" : in_brackets, ":", port.empty() ? std::string(kPort) : port));
}

}  // namespace tributary
