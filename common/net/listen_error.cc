#include "common/net/listen_error.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/socket_address.h"

namespace tributary {
namespace {

constexpr char kNoDescriptors[] =
    "this process has no file descriptors left; raise its limit: LimitNOFILE= of the unit, ulimit -n";

std::string DirectoryOf(const Address& address) {
  const size_t slash = address.path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : address.path.substr(0, slash);
}

std::string UnixAdvice(int error, const Address& address) {
  const std::string directory = DirectoryOf(address);
  switch (error) {
    case ENOENT:
      return absl::StrCat("its directory does not exist: make ", directory,
                          ", or have RuntimeDirectory= of the unit do it");
    case ENOTDIR:
      return absl::StrCat(directory, " is no directory");
    case EACCES:
    case EPERM:
      return absl::StrCat("user ", ::geteuid(), " may not make a socket in ", directory,
                          ": give it the directory, or have RuntimeDirectory= of the unit do it");
    case EROFS:
      return absl::StrCat(directory, " is read-only; choose a place below /run");
    case EADDRINUSE:
      return "a file is there already";
    case ENOSPC:
      return absl::StrCat("the file system of ", directory, " is full");
    default:
      return "";
  }
}

std::string InternetAdvice(int error, const Address& address) {
  switch (error) {
    case EADDRINUSE:
      return absl::StrCat("the port is in use; `ss -lnp", SocketType(address) == SOCK_DGRAM ? "u" : "t",
                          " sport = :", address.port, "` names the process");
    case EADDRNOTAVAIL:
      return "no interface of this machine has this address; `ip address` lists those it has";
    case EACCES:
    case EPERM:
      return absl::StrCat("user ", ::geteuid(),
                          " may not use a port below net.ipv4.ip_unprivileged_port_start (1024): choose a higher one, "
                          "grant CAP_NET_BIND_SERVICE, or have a socket unit open it");
    case EAFNOSUPPORT:
      return "this machine has no IPv6; use an IPv4 address";
    default:
      return "";
  }
}

}  // namespace

absl::Status ListenError(int error, const Address& address) {
  std::string advice = address.is_unix() ? UnixAdvice(error, address) : InternetAdvice(error, address);
  if (error == EMFILE || error == ENFILE) advice = kNoDescriptors;
  if (advice.empty()) advice = std::strerror(error);
  const absl::StatusCode code = absl::ErrnoToStatus(error, "").code();
  return absl::Status(code, absl::StrCat(address.ToString(), ": cannot listen: ", advice));
}

}  // namespace tributary
