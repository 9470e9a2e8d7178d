#include "common/net/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/net/file_descriptor.h"

namespace tributary {
namespace {

int64_t MonotonicMicroseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

// 0, or the errno of what failed.
int SendDatagram(absl::string_view to, absl::string_view text) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (to.size() >= sizeof name.sun_path) return ENAMETOOLONG;
  std::memcpy(name.sun_path, to.data(), to.size());
  if (to.front() == '@') name.sun_path[0] = '\0';  // the abstract namespace
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + to.size());
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.open()) return errno;
  const auto* address = reinterpret_cast<const sockaddr*>(&name);
  return ::sendto(socket.number(), text.data(), text.size(), MSG_NOSIGNAL, address, size) < 0 ? errno : 0;
}

}  // namespace

ServiceManager ServiceManager::FromEnvironment() {
  const char* socket = std::getenv("NOTIFY_SOCKET");
  return ServiceManager(socket == nullptr ? "" : socket);
}

// WATCHDOG_PID says whom it is meant for: children inherit the environment.
absl::Duration ServiceManager::AliveEvery() {
  const char* pid = std::getenv("WATCHDOG_PID");
  const char* microseconds = std::getenv("WATCHDOG_USEC");
  int64_t meant = 0, period = 0;
  if (pid != nullptr && (!absl::SimpleAtoi(pid, &meant) || meant != ::getpid())) return absl::ZeroDuration();
  if (microseconds == nullptr || !absl::SimpleAtoi(microseconds, &period) || period <= 0) return absl::ZeroDuration();
  return absl::Microseconds(period) / 2;
}

void ServiceManager::Reloading() const { Tell(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=", MonotonicMicroseconds())); }

void ServiceManager::ExtendTimeout(absl::Duration by) const {
  Tell(absl::StrCat("EXTEND_TIMEOUT_USEC=", absl::ToInt64Microseconds(by)));
}

void ServiceManager::Status(absl::string_view text) const { Tell(absl::StrCat("STATUS=", text)); }

void ServiceManager::Tell(absl::string_view state) const {
  if (notify_socket_.empty()) return;
  if (const int error = SendDatagram(notify_socket_, state); error != 0) {
    TRIBUTARY_LOG_WARN("cannot tell the service manager at {}: {}", notify_socket_, std::strerror(error));
  }
}

}  // namespace tributary
