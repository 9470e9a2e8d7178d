#include "common/net/tcp_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/base/status.h"
#include "common/net/listen_error.h"
#include "common/net/socket_address.h"

namespace tributary {
namespace {

constexpr int kListenBacklog = 4096;  // bounded by net.core.somaxconn

}  // namespace

absl::StatusOr<FileDescriptor> ListenTcp(const Address& address) {
  TRIBUTARY_ASSIGN_OR_RETURN(const SocketAddress wanted, SocketAddress::Resolve(address));
  FileDescriptor socket(::socket(wanted.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) return ListenError(errno, address);
  const auto set = [&](int level, int option, int value) {
    ::setsockopt(socket.number(), level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_REUSEADDR, 1);  // not kept waiting by a predecessor's last connections
  if (wanted.family() == AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, address.host.empty() ? 0 : 1);
  if (::bind(socket.number(), wanted.pointer(), wanted.size()) != 0) return ListenError(errno, address);
  if (::listen(socket.number(), kListenBacklog) != 0) return ListenError(errno, address);
  return socket;
}

}  // namespace tributary
