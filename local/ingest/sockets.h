#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/address.h"
#include "common/net/file_descriptor.h"

namespace tributary {

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

// Sockets bound to a configured address: non-blocking, close-on-exec. Errors name the address and what to do.

struct BoundSocket {
  FileDescriptor socket;
  Address address = {};      // the port filled in
  UnixSocketPath path = {};  // of a unix socket that is ours
};

// `count` sockets that share the address (SO_REUSEPORT), so that the kernel spreads senders over them; fails when
// another process has it, even one that would share. An empty host is every interface, IPv6 and IPv4.
absl::StatusOr<std::vector<BoundSocket>> OpenUdpSockets(const Address& address, int count);

absl::StatusOr<BoundSocket> OpenTcpSocket(const Address& address);

// Asks the kernel for room for `bytes` of waiting datagrams, beyond net.core.rmem_max with CAP_NET_ADMIN; a socket that
// has as much keeps what it has. A smaller grant is logged. UDP only: unix datagrams are bounded in number, by
// net.unix.max_dgram_qlen.
void RaiseReceiveBuffer(const BoundSocket& socket, int bytes);

// What the kernel has granted, in bytes.
int ReceiveBuffer(const FileDescriptor& socket);

// Datagrams that `socket` has lost since it was opened, by this process or the one before.
uint32_t KernelDrops(int socket);

// Who may send: permissions as for chmod, and a group's name or number; empty: this process's.
struct UnixPermissions {
  uint32_t mode = 0722;
  std::string group = {};
};

// kUnixDatagram or kUnixStream (listening). A socket that a dead process left behind is replaced; one that is answered,
// and any other file, is not.
absl::StatusOr<BoundSocket> OpenUnixSocket(const Address& address, const UnixPermissions& permissions);

}  // namespace tributary
