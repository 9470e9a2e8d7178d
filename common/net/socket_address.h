#pragma once

#include <sys/socket.h>

#include <string>

#include "absl/status/statusor.h"
#include "common/net/address.h"

namespace tributary {

// An Address as the kernel takes it, and as a socket has it. A value.
class SocketAddress {
 public:
  // Looks the host up, which may take as long as DNS does. An empty host is every interface: IPv6 and IPv4, or only
  // IPv4 on a machine without IPv6. Errors name the address.
  static absl::StatusOr<SocketAddress> Resolve(const Address& address);
  // What `socket` is bound to.
  static SocketAddress OfSocket(int socket);

  int family() const { return bytes_.ss_family; }
  const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&bytes_); }
  socklen_t size() const { return size_; }
  // 0 for unix sockets.
  int port() const;
  void set_port(int port);
  // "0.0.0.0" or "::".
  bool is_every_interface() const;

  // The other way round, with the numbers for a host; `type` is SOCK_STREAM or SOCK_DGRAM.
  Address ToAddress(int type) const;

  // Family, host and port, or path.
  friend bool operator==(const SocketAddress& a, const SocketAddress& b);

 private:
  std::string Host() const;
  std::string Path() const;

  sockaddr_storage bytes_{};
  socklen_t size_ = 0;
};

// The kind of socket that serves `address`: SOCK_STREAM or SOCK_DGRAM.
int SocketType(const Address& address);

}  // namespace tributary
