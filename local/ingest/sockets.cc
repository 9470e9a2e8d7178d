#include "local/ingest/sockets.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr int kListenBacklog = 256;

absl::Status SystemError(int error, const Address& address, absl::string_view what) {
  return absl::ErrnoToStatus(error, absl::StrCat(address.ToString(), ": cannot ", what));
}

absl::StatusOr<FileDescriptor> OpenSocket(const Address& address, int family, int type) {
  FileDescriptor socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) return SystemError(errno, address, "open a socket");
  return socket;
}

void SetOption(const FileDescriptor& socket, int level, int option, int value) {
  ::setsockopt(socket.number(), level, option, &value, sizeof value);
}

// The kernel doubles what is asked and reports the double.
void SetReceiveBuffer(const FileDescriptor& socket, const Address& address, int bytes) {
  SetOption(socket, SOL_SOCKET, SO_RCVBUF, bytes);
  int granted = 0;
  socklen_t size = sizeof granted;
  ::getsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &granted, &size);
  if (granted / 2 >= bytes) return;
  SetOption(socket, SOL_SOCKET, SO_RCVBUFFORCE, bytes);  // with CAP_NET_ADMIN
  ::getsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &granted, &size);
  if (granted / 2 < bytes) {
    TRIBUTARY_LOG_WARN("{}: receive buffer is {} bytes, not {}; raise net.core.rmem_max", address.ToString(),
                       granted / 2, bytes);
  }
}

struct InternetAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  int family() const { return bytes.ss_family; }
  void set_port(int port) {
    if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&bytes)->sin6_port = htons(port);
    if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&bytes)->sin_port = htons(port);
  }
  int port() const {
    if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&bytes)->sin6_port);
    return ntohs(reinterpret_cast<const sockaddr_in*>(&bytes)->sin_port);
  }
  const sockaddr* pointer() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

bool HaveIpv6() { return FileDescriptor(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)).open(); }

absl::StatusOr<InternetAddress> Resolve(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = address.kind == Address::Kind::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  const std::string host = !address.host.empty() ? address.host : HaveIpv6() ? "::" : "0.0.0.0";
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), "0", &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.ToString(), ": cannot resolve the host: ", ::gai_strerror(error)));
  }
  const absl::Cleanup free = [found] { ::freeaddrinfo(found); };
  InternetAddress resolved;
  std::memcpy(&resolved.bytes, found->ai_addr, found->ai_addrlen);
  resolved.size = found->ai_addrlen;
  resolved.set_port(address.port);
  return resolved;
}

absl::StatusOr<BoundSocket> Bind(FileDescriptor socket, const Address& address, const InternetAddress& internet) {
  if (internet.family() == AF_INET6) SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? 0 : 1);
  if (::bind(socket.number(), internet.pointer(), internet.size) != 0) return SystemError(errno, address, "listen");
  InternetAddress bound;
  bound.size = sizeof bound.bytes;
  ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&bound.bytes), &bound.size);
  Address with_port = address;
  with_port.port = bound.port();
  return BoundSocket{std::move(socket), std::move(with_port)};
}

absl::StatusOr<BoundSocket> BindUdp(const Address& address, const InternetAddress& internet, bool shared) {
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, OpenSocket(address, internet.family(), SOCK_DGRAM));
  if (shared) SetOption(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  return Bind(std::move(socket), address, internet);
}

// Whether somebody receives at the path of `name`; anything but a clear no is an error.
absl::Status CheckAbandoned(const Address& address, const sockaddr_un& name, int type) {
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor probe, OpenSocket(address, AF_UNIX, type));
  if (::connect(probe.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) return absl::OkStatus();
    if (errno == EACCES) return SystemError(errno, address, "tell whether the socket there is in use");
  }
  return absl::AlreadyExistsError(absl::StrCat(address.ToString(), ": another process listens there"));
}

absl::Status RemoveAbandonedSocket(const Address& address, const sockaddr_un& name, int type) {
  struct stat status {};
  if (::lstat(name.sun_path, &status) != 0) {
    return errno == ENOENT ? absl::OkStatus() : SystemError(errno, address, "look at the path");
  }
  if (!S_ISSOCK(status.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat(address.ToString(), ": a file that is no socket is there"));
  }
  TRIBUTARY_RETURN_IF_ERROR(CheckAbandoned(address, name, type));
  if (::unlink(name.sun_path) != 0 && errno != ENOENT) return SystemError(errno, address, "remove the old socket");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<BoundSocket>> OpenUdpSockets(const Address& address, int count, int receive_buffer_bytes) {
  TRIBUTARY_ASSIGN_OR_RETURN(InternetAddress internet, Resolve(address));
  std::vector<BoundSocket> sockets;
  {
    // Sharing would silently share with a second agent as well: the first one binds alone to find out.
    TRIBUTARY_ASSIGN_OR_RETURN(BoundSocket alone, BindUdp(address, internet, /*shared=*/false));
    internet.set_port(alone.address.port);
    if (count == 1) sockets.push_back(std::move(alone));
  }
  while (static_cast<int>(sockets.size()) < count) {
    TRIBUTARY_ASSIGN_OR_RETURN(BoundSocket shared, BindUdp(address, internet, /*shared=*/true));
    sockets.push_back(std::move(shared));
  }
  for (const BoundSocket& bound : sockets) {
    SetReceiveBuffer(bound.socket, address, receive_buffer_bytes);
    SetOption(bound.socket, SOL_SOCKET, SO_RXQ_OVFL, 1);
  }
  return sockets;
}

absl::StatusOr<BoundSocket> OpenTcpSocket(const Address& address) {
  TRIBUTARY_ASSIGN_OR_RETURN(const InternetAddress internet, Resolve(address));
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, OpenSocket(address, internet.family(), SOCK_STREAM));
  SetOption(socket, SOL_SOCKET, SO_REUSEADDR, 1);  // not kept waiting by a predecessor's last connections
  TRIBUTARY_ASSIGN_OR_RETURN(BoundSocket bound, Bind(std::move(socket), address, internet));
  if (::listen(bound.socket.number(), kListenBacklog) != 0) return SystemError(errno, address, "listen");
  return bound;
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

absl::StatusOr<UnixSocket> OpenUnixSocket(const Address& address, uint32_t mode, int receive_buffer_bytes) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.empty() || address.path.size() >= sizeof name.sun_path) {
    return absl::InvalidArgumentError(
        absl::StrCat(address.ToString(), ": the path must have 1 to ", sizeof name.sun_path - 1, " bytes"));
  }
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  const int type = address.kind == Address::Kind::kUnixDatagram ? SOCK_DGRAM : SOCK_STREAM;
  TRIBUTARY_RETURN_IF_ERROR(RemoveAbandonedSocket(address, name, type));
  TRIBUTARY_ASSIGN_OR_RETURN(FileDescriptor socket, OpenSocket(address, AF_UNIX, type));
  ::fchmod(socket.number(), mode);  // so that it is never wider than asked; the umask may take more off
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    if (errno == ENOENT) return absl::NotFoundError(absl::StrCat(address.ToString(), ": its directory does not exist"));
    return SystemError(errno, address, "listen");
  }
  UnixSocket bound{std::move(socket), UnixSocketPath(address.path)};
  if (::chmod(name.sun_path, mode) != 0) return SystemError(errno, address, "set the permissions");
  if (type == SOCK_DGRAM) SetReceiveBuffer(bound.socket, address, receive_buffer_bytes);
  if (type == SOCK_STREAM && ::listen(bound.socket.number(), kListenBacklog) != 0) {
    return SystemError(errno, address, "listen");
  }
  return bound;
}

}  // namespace tributary
