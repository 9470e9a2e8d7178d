#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/address.h"
#include "common/net/file_descriptor.h"

namespace tributary {

// Sockets bound to a configured address: non-blocking, close-on-exec. Errors name the address and what to do.

struct BoundSocket {
  FileDescriptor socket;
  Address address;  // the port filled in
};

// `count` sockets that share the address (SO_REUSEPORT), so that the kernel spreads senders over them; fails when
// another process has it, even one that would share. An empty host is every interface, IPv6 and IPv4.
absl::StatusOr<std::vector<BoundSocket>> OpenUdpSockets(const Address& address, int count, int receive_buffer_bytes);

absl::StatusOr<BoundSocket> OpenTcpSocket(const Address& address);

// The name of a unix socket in the file system. Removed when this ends, unless somebody has put another in its place.
class UnixSocketPath {
 public:
  UnixSocketPath() = default;
  explicit UnixSocketPath(std::string path);
  UnixSocketPath(UnixSocketPath&& other) noexcept;
  UnixSocketPath& operator=(UnixSocketPath&& other) noexcept;
  ~UnixSocketPath();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct UnixSocket {
  FileDescriptor socket;
  UnixSocketPath path;
};

// kUnixDatagram or kUnixStream (listening). A socket that a dead process left behind is replaced; one that is answered,
// and any other file, is not.
absl::StatusOr<UnixSocket> OpenUnixSocket(const Address& address, uint32_t mode, int receive_buffer_bytes);

}  // namespace tributary
