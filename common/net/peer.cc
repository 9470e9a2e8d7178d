#include "common/net/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

constexpr uid_t kNoUser = static_cast<uid_t>(-1);

// What the kernel calls a process: at most 15 bytes. Empty when it is gone.
std::string ProcessName(pid_t pid) {
  std::string name;
  std::ifstream file(absl::StrCat("/proc/", pid, "/comm"));
  std::getline(file, name);
  return name;
}

}  // namespace

Peer Peer::OfAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return Peer(Kind::kIpv4, reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr, 0);
  }
  if (address.sa_family != AF_INET6) return Peer();
  const in6_addr& ipv6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
    uint32_t ipv4 = 0;
    std::memcpy(&ipv4, ipv6.s6_addr + 12, sizeof ipv4);
    return Peer(Kind::kIpv4, ipv4, 0);
  }
  Peer peer(Kind::kIpv6, 0, 0);
  std::memcpy(peer.bytes_.data(), ipv6.s6_addr, sizeof peer.bytes_);
  return peer;
}

Peer Peer::OfProcess(pid_t pid, uid_t uid) {
  if (pid <= 0 && uid == kNoUser) return Peer();
  return Peer(Kind::kProcess, pid > 0 ? static_cast<uint64_t>(pid) : 0, uid);
}

Peer Peer::OfConnection(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return Peer();
  if (address.ss_family != AF_UNIX) return OfAddress(reinterpret_cast<const sockaddr&>(address));
  ucred credentials{};
  size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return Peer();
  return OfProcess(credentials.pid, credentials.uid);
}

pid_t Peer::pid() const { return kind_ == Kind::kProcess ? static_cast<pid_t>(bytes_[0]) : 0; }

std::string Peer::ToString() const {
  char text[INET6_ADDRSTRLEN] = {};
  switch (kind_) {
    case Kind::kNobody:
      return "unknown";
    case Kind::kIpv4:
      return ::inet_ntop(AF_INET, bytes_.data(), text, sizeof text);
    case Kind::kIpv6:
      return ::inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
    case Kind::kProcess:
      return pid() != 0 ? absl::StrCat("pid ", pid()) : absl::StrCat("uid ", bytes_[1]);
  }
  return "unknown";
}

std::string Peer::Describe() const {
  const std::string name = pid() != 0 ? ProcessName(pid()) : "";
  return name.empty() ? ToString() : absl::StrCat(ToString(), " (", name, ")");
}

}  // namespace tributary
