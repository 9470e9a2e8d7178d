#include "local/ingest/stream_listener.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "common/base/check.h"

namespace tributary {
namespace {

constexpr int kEventsPerWait = 64;
constexpr int kSweepMilliseconds = 1000;
// What is read at most when stopping: one full round of what the kernel may hold per connection.
constexpr int kLastReadsPerConnection = 16;

}  // namespace

StreamListener::StreamListener(FileDescriptor socket, const Address& address, UnixSocketPath path,
                               const IngestConfig& config, const Clock& clock, const StreamMetrics& metrics,
                               TextReceiver& receiver)
    : socket_(std::move(socket)),
      address_(address),
      path_(std::move(path)),
      config_(config),
      clock_(clock),
      metrics_(metrics),
      receiver_(receiver),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {
  static_assert(kReadBytes <= LineFramer::kMaxLineBytes);
  TRIBUTARY_CHECK(epoll_.open());
}

StreamListener::~StreamListener() { Stop(); }

void StreamListener::Watch(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event);
}

void StreamListener::Run() {
  ::pthread_setname_np(::pthread_self(), "reader");
  Watch(socket_.number());
  Watch(wake_event().number());
  absl::Time next_sweep = clock_.Now() + absl::Milliseconds(kSweepMilliseconds);
  std::array<epoll_event, kEventsPerWait> events;
  while (!stopping()) {
    const int count = ::epoll_wait(epoll_.number(), events.data(), events.size(), kSweepMilliseconds);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[i].data.fd;
      if (descriptor == wake_event().number()) {
        wake_event().Clear();
      } else if (descriptor == socket_.number()) {
        Accept();
      } else if (!Read(connections_.at(descriptor))) {
        Close(descriptor);
      }
    }
    receiver_.EndBatch();
    if (clock_.Now() < next_sweep) continue;
    Sweep();
    next_sweep = clock_.Now() + absl::Milliseconds(kSweepMilliseconds);
  }
  path_ = UnixSocketPath();
  socket_ = FileDescriptor();
  for (auto& [descriptor, connection] : connections_) {
    for (int i = 0; i < kLastReadsPerConnection && Read(connection); ++i) {
    }
  }
  receiver_.EndBatch();
  metrics_.open.Add(-static_cast<double>(connections_.size()));
  connections_.clear();
}

void StreamListener::Accept() {
  FileDescriptor socket(::accept4(socket_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.open()) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    metrics_.errors.Increment();
    // Out of descriptors, most likely: the socket stays readable, so look again only after the next sweep.
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, socket_.number(), nullptr);
    return;
  }
  metrics_.accepted.Increment();
  if (connections_.size() >= static_cast<size_t>(config_.max_connections)) {
    metrics_.closed_limit.Increment();
    return;
  }
  const int descriptor = socket.number();
  const Peer peer = Peer::OfConnection(descriptor);
  connections_.try_emplace(descriptor, Connection{std::move(socket), MakeFramer(peer), clock_.Now()});
  Watch(descriptor);
  metrics_.open.Add(1);
}

std::unique_ptr<Framer> StreamListener::MakeFramer(const Peer& peer) const {
  if (address_.is_unix()) return std::make_unique<LengthFramer>(peer, config_.max_packet_bytes);
  return std::make_unique<LineFramer>(peer);
}

bool StreamListener::Read(Connection& connection) {
  const ssize_t count = ::recv(connection.socket.number(), buffer_.get(), kReadBytes, 0);
  if (count < 0) {
    const bool later = errno == EAGAIN || errno == EINTR;
    if (!later) metrics_.errors.Increment();
    return later;
  }
  if (count == 0) {
    connection.framer->Finish(receiver_);
    return false;
  }
  connection.last_read = clock_.Now();
  const bool sound = connection.framer->Feed(absl::string_view(buffer_.get(), count), receiver_);
  if (!sound) metrics_.closed_bad_length.Increment();
  metrics_.lines_too_long.Increment(connection.framer->TakeSkippedLines());
  return sound;
}

void StreamListener::Close(int descriptor) {
  connections_.erase(descriptor);  // closing takes it off the epoll set
  metrics_.open.Add(-1);
}

void StreamListener::Sweep() {
  const absl::Time oldest = clock_.Now() - config_.idle_timeout;
  std::vector<int> idle;
  for (const auto& [descriptor, connection] : connections_) {
    if (connection.last_read < oldest) idle.push_back(descriptor);
  }
  metrics_.closed_idle.Increment(idle.size());
  for (const int descriptor : idle) Close(descriptor);
  Watch(socket_.number());  // in case Accept gave up; an error when it is watched already
}

}  // namespace tributary
