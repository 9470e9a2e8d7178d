#include "common/net/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/net/file_descriptor.h"

namespace tributary {
namespace {

const sockaddr_in& Ipv4(const sockaddr_storage& bytes) { return reinterpret_cast<const sockaddr_in&>(bytes); }
const sockaddr_in6& Ipv6(const sockaddr_storage& bytes) { return reinterpret_cast<const sockaddr_in6&>(bytes); }
const sockaddr_un& Unix(const sockaddr_storage& bytes) { return reinterpret_cast<const sockaddr_un&>(bytes); }

bool HaveIpv6() { return FileDescriptor(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)).open(); }

absl::Status CheckPath(const Address& address) {
  constexpr size_t kMaxBytes = sizeof(sockaddr_un::sun_path) - 1;
  if (!address.path.empty() && address.path.size() <= kMaxBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(address.ToString(), ": the path of a unix socket has 1 to ", kMaxBytes,
                                                 " bytes, this one ", address.path.size(),
                                                 "; choose a shorter one, such as /run/tributary/dsd.socket"));
}

}  // namespace

int SocketType(const Address& address) {
  const bool datagrams = address.kind == Address::Kind::kUdp || address.kind == Address::Kind::kUnixDatagram;
  return datagrams ? SOCK_DGRAM : SOCK_STREAM;
}

absl::StatusOr<SocketAddress> SocketAddress::Resolve(const Address& address) {
  SocketAddress resolved;
  if (address.is_unix()) {
    if (absl::Status status = CheckPath(address); !status.ok()) return status;
    auto& name = reinterpret_cast<sockaddr_un&>(resolved.bytes_);
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.path.data(), address.path.size());
    resolved.size_ = sizeof name;
    return resolved;
  }
  addrinfo hints{};
  hints.ai_socktype = SocketType(address);
  hints.ai_flags = AI_PASSIVE;
  const std::string host = !address.host.empty() ? address.host : HaveIpv6() ? "::" : "0.0.0.0";
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), "0", &hints, &found); error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.ToString(), ": cannot resolve the host: ", ::gai_strerror(error)));
  }
  const absl::Cleanup free = [found] { ::freeaddrinfo(found); };
  std::memcpy(&resolved.bytes_, found->ai_addr, found->ai_addrlen);
  resolved.size_ = found->ai_addrlen;
  resolved.set_port(address.port);
  return resolved;
}

SocketAddress SocketAddress::OfSocket(int socket) {
  SocketAddress bound;
  bound.size_ = sizeof bound.bytes_;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bound.bytes_), &bound.size_) != 0) return SocketAddress();
  return bound;
}

int SocketAddress::port() const {
  if (family() == AF_INET6) return ntohs(Ipv6(bytes_).sin6_port);
  return family() == AF_INET ? ntohs(Ipv4(bytes_).sin_port) : 0;
}

void SocketAddress::set_port(int port) {
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(bytes_).sin6_port = htons(static_cast<uint16_t>(port));
  if (family() == AF_INET) reinterpret_cast<sockaddr_in&>(bytes_).sin_port = htons(static_cast<uint16_t>(port));
}

bool SocketAddress::is_every_interface() const {
  if (family() == AF_INET6) return IN6_IS_ADDR_UNSPECIFIED(&Ipv6(bytes_).sin6_addr);
  return family() == AF_INET && Ipv4(bytes_).sin_addr.s_addr == htonl(INADDR_ANY);
}

std::string SocketAddress::Host() const {
  char text[INET6_ADDRSTRLEN] = {};
  const void* host = family() == AF_INET6 ? static_cast<const void*>(&Ipv6(bytes_).sin6_addr) : &Ipv4(bytes_).sin_addr;
  return ::inet_ntop(family(), host, text, sizeof text) == nullptr ? "" : text;
}

std::string SocketAddress::Path() const {
  const size_t room = size_ - std::min<size_t>(size_, offsetof(sockaddr_un, sun_path));
  const char* path = Unix(bytes_).sun_path;
  return std::string(path, ::strnlen(path, room));
}

Address SocketAddress::ToAddress(int type) const {
  const bool stream = type == SOCK_STREAM;
  if (family() == AF_UNIX) {
    return {.kind = stream ? Address::Kind::kUnixStream : Address::Kind::kUnixDatagram, .path = Path()};
  }
  return {.kind = stream ? Address::Kind::kTcp : Address::Kind::kUdp, .host = Host(), .port = port()};
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  return a.family() == b.family() && a.ToAddress(SOCK_STREAM) == b.ToAddress(SOCK_STREAM);
}

}  // namespace tributary
