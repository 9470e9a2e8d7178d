#include "common/net/address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr size_t kMaxHostBytes = 253;                                // RFC 1035 section 2.3.4
constexpr size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;  // its end is a zero byte

bool IsDatagram(Address::Kind kind) { return kind == Address::Kind::kUdp || kind == Address::Kind::kUnixDatagram; }

// Takes "scheme://" off the front of `text`; `bare` when there is none, nothing when it is unknown.
std::optional<Address::Kind> ConsumeScheme(absl::string_view& text, Address::Kind bare) {
  if (!absl::StrContains(text, "://")) return bare;
  if (absl::ConsumePrefix(&text, "tcp://")) return Address::Kind::kTcp;
  if (absl::ConsumePrefix(&text, "tls://")) return Address::Kind::kTls;
  if (absl::ConsumePrefix(&text, "udp://")) return Address::Kind::kUdp;
  if (absl::ConsumePrefix(&text, "unixstream://")) return Address::Kind::kUnixStream;
  if (absl::ConsumePrefix(&text, "unixgram://")) return Address::Kind::kUnixDatagram;
  if (absl::ConsumePrefix(&text, "unix://")) {
    return IsDatagram(bare) ? Address::Kind::kUnixDatagram : Address::Kind::kUnixStream;
  }
  return std::nullopt;
}

absl::Status CheckIpv6(absl::string_view host) {
  in6_addr ignored;
  if (inet_pton(AF_INET6, std::string(host).c_str(), &ignored) == 1) return absl::OkStatus();
  return absl::InvalidArgumentError("what is in brackets is not an IPv6 address");
}

absl::Status CheckHost(absl::string_view host) {
  const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_'; };
  if (absl::StrContains(host, ':')) return absl::InvalidArgumentError("an IPv6 address goes in brackets");
  if (!std::all_of(host.begin(), host.end(), allowed)) return absl::InvalidArgumentError("not a host name");
  if (host.size() > kMaxHostBytes) return absl::InvalidArgumentError("the host name is too long");
  return absl::OkStatus();
}

absl::StatusOr<int> ParsePort(absl::string_view text) {
  int port;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (digits && absl::SimpleAtoi(text, &port) && port <= 65535) return port;
  return absl::InvalidArgumentError("the port must be a number up to 65535");
}

absl::Status ReadHostPort(absl::string_view text, Address& address) {
  const size_t colon = text.rfind(':');
  const bool in_brackets = absl::StartsWith(text, "[");
  if (colon == absl::string_view::npos || (in_brackets && text[colon - 1] != ']')) {
    return absl::InvalidArgumentError("expected host:port");
  }
  absl::string_view host = text.substr(0, colon);
  if (in_brackets) {
    host = host.substr(1, host.size() - 2);
    TRIBUTARY_RETURN_IF_ERROR(CheckIpv6(host));
  } else {
    TRIBUTARY_RETURN_IF_ERROR(CheckHost(host));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(address.port, ParsePort(text.substr(colon + 1)));
  address.host = std::string(host);
  return absl::OkStatus();
}

absl::Status ReadPath(absl::string_view text, Address& address) {
  if (!absl::StartsWith(text, "/")) return absl::InvalidArgumentError("the path must be absolute: unix:///run/name");
  if (absl::StrContains(text, absl::string_view("\0", 1))) return absl::InvalidArgumentError("a zero byte in the path");
  if (text.size() > kMaxPathBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the path is longer than ", kMaxPathBytes, " bytes"));
  }
  address.path = std::string(text);
  return absl::OkStatus();
}

absl::string_view SchemeOf(Address::Kind kind) {
  switch (kind) {
    case Address::Kind::kTcp:
      return "tcp://";
    case Address::Kind::kTls:
      return "tls://";
    case Address::Kind::kUdp:
      return "udp://";
    case Address::Kind::kUnixStream:
      return "unixstream://";
    case Address::Kind::kUnixDatagram:
      return "unixgram://";
  }
  return "";
}

}  // namespace

std::string Address::HostPort() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

std::string Address::ToString() const { return absl::StrCat(SchemeOf(kind), is_unix() ? path : HostPort()); }

absl::StatusOr<Address> ParseAddress(absl::string_view text, Address::Kind bare) {
  const std::string context = absl::StrCat("address \"", absl::CHexEscape(text.substr(0, 300)), "\"");
  absl::string_view rest = text;
  const std::optional<Address::Kind> kind = ConsumeScheme(rest, bare);
  if (!kind) return absl::InvalidArgumentError(absl::StrCat(context, ": unknown scheme"));
  Address address{.kind = *kind};
  TRIBUTARY_RETURN_IF_ERROR(
      Annotate(address.is_unix() ? ReadPath(rest, address) : ReadHostPort(rest, address), context));
  return address;
}

}  // namespace tributary
