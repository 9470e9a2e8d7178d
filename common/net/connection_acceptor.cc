#include "common/net/connection_acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/net/socket_address.h"

namespace tributary {
namespace {

constexpr int kEventsPerWait = 256;
constexpr int kAcceptsPerRound = 64;
constexpr int kPauseMilliseconds = 100;  // without descriptors
constexpr absl::Duration kLookPeriod = absl::Seconds(1);
// What is sent and not acknowledged for so long ends the connection.
constexpr int kUserTimeoutMilliseconds = 10'000;
// Of epoll's entries; connections come after.
constexpr uint64_t kListenerId = 0;
constexpr uint64_t kStopId = 1;
constexpr uint64_t kFirstConnectionId = 2;

// Two descriptors for each connection leave a third of what the process may open to everything else.
size_t Affordable(size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const size_t affordable = std::max<size_t>(limit.rlim_cur / 3, 1);
  if (affordable >= wanted) return wanted;
  TRIBUTARY_LOG_WARN(
      "of {} connections this process can serve {}: it may open {} files; LimitNOFILE= of the unit, ulimit -n", wanted,
      affordable, limit.rlim_cur);
  return affordable;
}

void SetTcpOption(const FileDescriptor& socket, int option, int value) {
  ::setsockopt(socket.number(), IPPROTO_TCP, option, &value, sizeof value);
}

// Since data came.
absl::Duration Silence(const FileDescriptor& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(socket.number(), IPPROTO_TCP, TCP_INFO, &info, &size);
  return absl::Milliseconds(info.tcpi_last_data_recv);
}

}  // namespace

ConnectionAcceptor::ConnectionAcceptor(FileDescriptor listener, Options options, Handler handler)
    : listener_(std::move(listener)),
      options_(std::move(options)),
      handler_(std::move(handler)),
      max_connections_(Affordable(options_.max_connections)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      next_id_(kFirstConnectionId) {
  TRIBUTARY_CHECK(epoll_.open());
  SetTcpOption(listener_, TCP_NODELAY, 1);  // connections inherit both
  SetTcpOption(listener_, TCP_USER_TIMEOUT, kUserTimeoutMilliseconds);
  Watch(listener_.number(), EPOLLIN, kListenerId);
  Watch(stop_.number(), EPOLLIN, kStopId);
  thread_ = std::thread([this] { Run(); });
  ::pthread_setname_np(thread_.native_handle(), "accept");
}

ConnectionAcceptor::~ConnectionAcceptor() { Stop(); }

void ConnectionAcceptor::Stop() {
  if (!thread_.joinable()) return;
  stop_.Wake();
  thread_.join();
  listener_ = FileDescriptor();
  connections_.clear();
  open_ = 0;
}

void ConnectionAcceptor::Watch(int descriptor, uint32_t events, Id id) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event);
}

void ConnectionAcceptor::Run() {
  std::array<epoll_event, kEventsPerWait> events;
  while (true) {
    const int count = ::epoll_wait(epoll_.number(), events.data(), events.size(), paused_ ? kPauseMilliseconds : -1);
    if (std::exchange(paused_, false)) Watch(listener_.number(), EPOLLIN, kListenerId);
    for (int i = 0; i < count; ++i) {
      const Id id = events[i].data.u64;
      if (id == kStopId) return;
      if (id == kListenerId) {
        Accept();
      } else {
        Forget(id);
      }
    }
  }
}

void ConnectionAcceptor::Accept() {
  for (int i = 0; i < kAcceptsPerRound && AcceptOne(); ++i) {
  }
}

bool ConnectionAcceptor::AcceptOne() {
  FileDescriptor connection(::accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection.open()) {
    const int error = errno;
    if (error != EAGAIN && error != EINTR && error != ECONNABORTED) Pause(error);
    return false;
  }
  if (!MakeRoom()) {
    options_.refusals->connections.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  FileDescriptor second(::fcntl(connection.number(), F_DUPFD_CLOEXEC, 0));
  if (!second.open()) {
    Pause(errno);
    options_.refusals->connections.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const Id id = next_id_++;
  Watch(second.number(), 0, id);  // the end is told unasked
  connections_.try_emplace(id, std::move(second));
  open_.store(connections_.size(), std::memory_order_relaxed);
  handler_(std::move(connection));
  return true;
}

// The listener stays readable: to look again at once would spin.
void ConnectionAcceptor::Pause(int error) {
  if (accept_errors_log_.Due()) {
    TRIBUTARY_LOG_WARN("{}: cannot accept a connection: {}; out of descriptors? LimitNOFILE= of the unit, ulimit -n",
                       SocketAddress::OfSocket(listener_.number()).ToAddress(SOCK_STREAM).ToString(),
                       std::strerror(error));
  }
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, listener_.number(), nullptr);
  paused_ = true;
}

bool ConnectionAcceptor::MakeRoom() {
  if (connections_.size() < max_connections_) return true;
  if (silent_.empty()) FindSilent();
  while (!silent_.empty()) {
    const Id id = silent_.back();
    silent_.pop_back();
    if (!IsSilent(id)) continue;  // it has spoken since, or is gone
    ::shutdown(connections_.at(id).number(), SHUT_RDWR);
    Forget(id);
    options_.refusals->evicted.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  return false;
}

bool ConnectionAcceptor::IsSilent(Id id) const {
  const auto connection = connections_.find(id);
  return connection != connections_.end() && Silence(connection->second) >= options_.silence;
}

void ConnectionAcceptor::FindSilent() {
  if (clock_.Now() < next_look_) return;
  next_look_ = clock_.Now() + kLookPeriod;
  std::vector<std::pair<absl::Duration, Id>> silences;
  for (const auto& [id, socket] : connections_) {
    const absl::Duration silence = Silence(socket);
    if (silence >= options_.silence) silences.emplace_back(silence, id);
  }
  std::sort(silences.begin(), silences.end());
  for (const auto& [silence, id] : silences) silent_.push_back(id);
}

void ConnectionAcceptor::Forget(Id id) {
  connections_.erase(id);
  open_.store(connections_.size(), std::memory_order_relaxed);
}

}  // namespace tributary
