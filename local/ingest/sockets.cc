#include "local/ingest/sockets.h"

#include <grp.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/listen_error.h"
#include "common/net/socket_address.h"
#include "common/net/tcp_listener.h"

namespace tributary {
namespace {

constexpr int kListenBacklog = 4096;  // bounded by net.core.somaxconn

absl::Status SystemError(int error, const Address& address, absl::string_view what) {
  return absl::ErrnoToStatus(error, absl::StrCat(address.ToString(), ": cannot ", what));
}

absl::StatusOr<FileDescriptor> OpenSocket(const Address& address, int family, int type) {
  FileDescriptor socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) return ListenError(errno, address);
  return socket;
}

void SetOption(const FileDescriptor& socket, int level, int option, int value) {
  ::setsockopt(socket.number(), level, option, &value, sizeof value);
}

BoundSocket WithPort(FileDescriptor socket, Address address) {
  address.port = SocketAddress::OfSocket(socket.number()).port();
  return {.socket = std::move(socket), .address = std::move(address)};
}

absl::StatusOr<BoundSocket> Bind(FileDescriptor socket, const Address& address, const SocketAddress& wanted) {
  if (wanted.family() == AF_INET6) SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? 0 : 1);
  if (::bind(socket.number(), wanted.pointer(), wanted.size()) != 0) return ListenError(errno, address);
  return WithPort(std::move(socket), address);
}

absl::StatusOr<BoundSocket> BindUdp(const Address& address, const SocketAddress& wanted, bool shared) {
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, OpenSocket(address, wanted.family(), SOCK_DGRAM));
  if (shared) SetOption(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  return Bind(std::move(socket), address, wanted);
}

// Whether somebody receives at the path of `name`; anything but a clear no is an error.
absl::Status CheckAbandoned(const Address& address, const SocketAddress& name) {
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor probe, OpenSocket(address, AF_UNIX, SocketType(address)));
  if (::connect(probe.number(), name.pointer(), name.size()) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) return absl::OkStatus();
    if (errno == EACCES) return SystemError(errno, address, "tell whether the socket there is in use");
  }
  return absl::AlreadyExistsError(
      absl::StrCat(address.ToString(), ": another process listens there; `ss -lxp` names it"));
}

absl::Status RemoveAbandonedSocket(const Address& address, const SocketAddress& name) {
  struct stat status {};
  if (::lstat(address.path.c_str(), &status) != 0) {
    return errno == ENOENT ? absl::OkStatus() : ListenError(errno, address);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(address.ToString(), ": a file that is no socket is there; it is left alone, choose another path"));
  }
  TRIBUTARY_RETURN_IF_ERROR(CheckAbandoned(address, name));
  if (::unlink(address.path.c_str()) != 0 && errno != ENOENT)
    return SystemError(errno, address, "remove the old socket");
  return absl::OkStatus();
}

absl::StatusOr<gid_t> FindGroup(const Address& address, const std::string& name) {
  gid_t number;
  if (absl::SimpleAtoi(name, &number)) return number;
  std::vector<char> room(64 << 10);
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (found != nullptr) return found->gr_gid;
  return absl::NotFoundError(absl::StrCat(address.ToString(), ": there is no group '", absl::CHexEscape(name),
                                          "' for ingest.socket_group; groupadd makes one"));
}

absl::Status SetPermissions(const Address& address, const UnixPermissions& permissions) {
  if (!permissions.group.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(const gid_t group, FindGroup(address, permissions.group));
    if (::chown(address.path.c_str(), static_cast<uid_t>(-1), group) != 0) {
      return SystemError(errno, address,
                         absl::StrCat("give the socket to group ", permissions.group, " (is this user a member?)"));
    }
  }
  if (::chmod(address.path.c_str(), permissions.mode) != 0) return SystemError(errno, address, "set the permissions");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<BoundSocket>> OpenUdpSockets(const Address& address, int count) {
  TRIBUTARY_ASSIGN_OR_RETURN(SocketAddress wanted, SocketAddress::Resolve(address));
  std::vector<BoundSocket> sockets;
  {
    // Sharing would silently share with a second agent as well: the first one binds alone to find out.
    TRIBUTARY_ASSIGN_OR_RETURN(BoundSocket alone, BindUdp(address, wanted, /*shared=*/false));
    wanted.set_port(alone.address.port);
    if (count == 1) sockets.push_back(std::move(alone));
  }
  while (static_cast<int>(sockets.size()) < count) {
    TRIBUTARY_ASSIGN_OR_RETURN(BoundSocket shared, BindUdp(address, wanted, /*shared=*/true));
    sockets.push_back(std::move(shared));
  }
  return sockets;
}

absl::StatusOr<BoundSocket> OpenTcpSocket(const Address& address) {
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, ListenTcp(address));
  return WithPort(std::move(socket), address);
}

// The kernel doubles what is asked and reports the double.
int ReceiveBuffer(const FileDescriptor& socket) {
  int granted = 0;
  socklen_t size = sizeof granted;
  ::getsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &granted, &size);
  return granted / 2;
}

void RaiseReceiveBuffer(const BoundSocket& socket, int bytes) {
  if (ReceiveBuffer(socket.socket) >= bytes) return;
  SetOption(socket.socket, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
  if (ReceiveBuffer(socket.socket) >= bytes) return;
  SetOption(socket.socket, SOL_SOCKET, SO_RCVBUF, bytes);
  const int granted = ReceiveBuffer(socket.socket);
  if (granted >= bytes) return;
  TRIBUTARY_LOG_WARN(
      "{}: the kernel grants a receive buffer of {} bytes, not {} (ingest.receive_buffer_bytes): raise its bound, "
      "`sysctl -w net.core.rmem_max={}`, or grant CAP_NET_ADMIN",
      socket.address.ToString(), granted, bytes, bytes);
}

uint32_t KernelDrops(int socket) {
  uint32_t values[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof values;
  ::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, values, &size);
  return values[SK_MEMINFO_DROPS];
}

UnixSocketPath::UnixSocketPath(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

UnixSocketPath::UnixSocketPath(UnixSocketPath&& other) noexcept { *this = std::move(other); }

UnixSocketPath& UnixSocketPath::operator=(UnixSocketPath&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

UnixSocketPath::~UnixSocketPath() {
  if (path_.empty()) return;
  struct stat status {};
  const bool ours = ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
}

absl::StatusOr<BoundSocket> OpenUnixSocket(const Address& address, const UnixPermissions& permissions) {
  TRIBUTARY_ASSIGN_OR_RETURN(const SocketAddress name, SocketAddress::Resolve(address));
  TRIBUTARY_RETURN_IF_ERROR(RemoveAbandonedSocket(address, name));
  const int type = SocketType(address);
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, OpenSocket(address, AF_UNIX, type));
  ::fchmod(socket.number(), permissions.mode);  // so that it is never wider than asked; the umask may take more off
  if (::bind(socket.number(), name.pointer(), name.size()) != 0) return ListenError(errno, address);
  BoundSocket bound{std::move(socket), address, UnixSocketPath(address.path)};
  TRIBUTARY_RETURN_IF_ERROR(SetPermissions(address, permissions));
  if (type == SOCK_STREAM && ::listen(bound.socket.number(), kListenBacklog) != 0) return ListenError(errno, address);
  return bound;
}

}  // namespace tributary
