#include "common/net/inherited_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/net/socket_address.h"

namespace tributary {
namespace {

constexpr int kFirstDescriptor = 3;
constexpr int kMaxSockets = 1024;

absl::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Option(const FileDescriptor& socket, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(socket.number(), SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool Serves(const FileDescriptor& socket, const Address& address, const SocketAddress& wanted) {
  const int type = SocketType(address);
  if (Option(socket, SO_TYPE) != type || (type == SOCK_STREAM && Option(socket, SO_ACCEPTCONN) != 1)) return false;
  const SocketAddress bound = SocketAddress::OfSocket(socket.number());
  if (bound == wanted) return true;
  // ":8125" is every interface, by whatever protocols.
  return !address.is_unix() && address.host.empty() && bound.is_every_interface() && bound.port() == wanted.port();
}

std::string Describe(const FileDescriptor& socket, absl::string_view name) {
  const int type = Option(socket, SO_TYPE);
  const SocketAddress bound = SocketAddress::OfSocket(socket.number());
  std::string what = "no socket that could be served";
  if (type == SOCK_STREAM || type == SOCK_DGRAM) what = bound.ToAddress(type).ToString();
  if (type == SOCK_STREAM && Option(socket, SO_ACCEPTCONN) != 1) absl::StrAppend(&what, ", a connection");
  return absl::StrCat("descriptor ", socket.number(), name.empty() ? "" : absl::StrCat(" \"", name, "\""), " (", what,
                      ")");
}

}  // namespace

absl::StatusOr<InheritedSockets> InheritedSockets::FromEnvironment() {
  InheritedSockets inherited;
  if (Variable("LISTEN_PID") != absl::StrCat(::getpid())) return inherited;
  int count = 0;
  if (!absl::SimpleAtoi(Variable("LISTEN_FDS"), &count) || count < 0 || count > kMaxSockets) {
    return absl::InvalidArgumentError("LISTEN_FDS is no number of sockets");
  }
  const std::vector<std::string> names = absl::StrSplit(Variable("LISTEN_FDNAMES"), ':');
  for (int i = 0; i < count; ++i) {
    const int descriptor = kFirstDescriptor + i;
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0)
      return absl::InvalidArgumentError(absl::StrCat("LISTEN_FDS: descriptor ", descriptor, " is not open"));
    ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    inherited.Add(FileDescriptor(descriptor), static_cast<size_t>(i) < names.size() ? names[i] : "");
  }
  return inherited;
}

void InheritedSockets::Add(FileDescriptor socket, std::string name) {
  sockets_.push_back({std::move(socket), std::move(name)});
}

std::vector<FileDescriptor> InheritedSockets::Take(const Address& address) {
  std::vector<FileDescriptor> taken;
  const absl::StatusOr<SocketAddress> wanted = SocketAddress::Resolve(address);
  if (sockets_.empty() || !wanted.ok()) return taken;  // who binds it will say what is wrong
  std::vector<Socket> others;
  for (Socket& socket : sockets_) {
    if (Serves(socket.descriptor, address, *wanted)) {
      taken.push_back(std::move(socket.descriptor));
    } else {
      others.push_back(std::move(socket));
    }
  }
  sockets_ = std::move(others);
  return taken;
}

absl::Status InheritedSockets::CheckAllTaken() const {
  if (sockets_.empty()) return absl::OkStatus();
  std::string what;
  for (const Socket& socket : sockets_) absl::StrAppend(&what, ", ", Describe(socket.descriptor, socket.name));
  return absl::FailedPreconditionError(absl::StrCat(
      "inherited and not configured: ", what.substr(2),
      "; name the address in the configuration as well (ingest.listen), or take it out of the socket unit"));
}

}  // namespace tributary
