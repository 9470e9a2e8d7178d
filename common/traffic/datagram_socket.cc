#include "common/traffic/datagram_socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {
namespace {

constexpr size_t kMaxPerCall = 64;

absl::Status Failed(const Address& address, absl::string_view what) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", address.ToString()));
}

absl::StatusOr<int> ConnectUnix(const Address& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof name.sun_path) {
    return absl::InvalidArgumentError(absl::StrCat("path too long: ", address.path));
  }
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return Failed(address, "socket for");
  const timeval patience{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) {
    const absl::Status status = Failed(address, "connect to");
    close(fd);
    return status;
  }
  return fd;
}

absl::StatusOr<int> ConnectUdp(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return absl::UnavailableError(absl::StrCat(address.ToString(), ": ", gai_strerror(error)));
  const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool connected = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (connected) return fd;
  const absl::Status status = Failed(address, "connect to");
  if (fd >= 0) close(fd);
  return status;
}

absl::StatusOr<int> Open(const Address& address) {
  if (address.kind == Address::Kind::kUnixDatagram) return ConnectUnix(address);
  if (address.kind == Address::Kind::kUdp) return ConnectUdp(address);
  return absl::InvalidArgumentError(absl::StrCat(address.ToString(), " does not take datagrams"));
}

}  // namespace

absl::StatusOr<DatagramSocket> DatagramSocket::Connect(const Address& address) {
  TRIBUTARY_ASSIGN_OR_RETURN(const int fd, Open(address));
  return DatagramSocket(address, fd);
}

DatagramSocket::DatagramSocket(DatagramSocket&& other) noexcept
    : address_(std::move(other.address_)), fd_(std::exchange(other.fd_, -1)) {}

DatagramSocket& DatagramSocket::operator=(DatagramSocket&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(fd_, other.fd_);
  return *this;
}

DatagramSocket::~DatagramSocket() {
  if (fd_ >= 0) close(fd_);
}

absl::Status DatagramSocket::Send(absl::string_view payload) {
  // A refusal may be the echo of an earlier datagram, or a server that has started anew: one more try each.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (send(fd_, payload.data(), payload.size(), MSG_NOSIGNAL) >= 0) return absl::OkStatus();
    if (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET) break;
    if (address_.kind != Address::Kind::kUnixDatagram) continue;
    const absl::StatusOr<int> fd = Open(address_);
    if (!fd.ok()) return fd.status();
    close(std::exchange(fd_, *fd));
  }
  return Failed(address_, "send to");
}

size_t DatagramSocket::SendMany(absl::Span<const absl::string_view> payloads) {
  std::array<iovec, kMaxPerCall> pieces;
  std::array<mmsghdr, kMaxPerCall> messages;
  size_t sent = 0;
  while (sent < payloads.size()) {
    const size_t count = std::min(payloads.size() - sent, kMaxPerCall);
    for (size_t i = 0; i < count; ++i) {
      const absl::string_view payload = payloads[sent + i];
      pieces[i] = {const_cast<char*>(payload.data()), payload.size()};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int taken = sendmmsg(fd_, messages.data(), static_cast<unsigned>(count), MSG_NOSIGNAL);
    if (taken < 0 && errno == EINTR) continue;
    if (taken <= 0) break;
    sent += static_cast<size_t>(taken);
  }
  return sent;
}

absl::Status DatagramSocket::PendingError() {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  errno = error;
  return error == 0 ? absl::OkStatus() : Failed(address_, "send to");
}

}  // namespace tributary
