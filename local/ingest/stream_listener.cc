#include "local/ingest/stream_listener.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "common/base/check.h"

namespace tributary {
namespace {

constexpr int kEventsPerWait = 64;
constexpr int kAcceptsPerRound = 64;
constexpr int kSweepMilliseconds = 1000;
constexpr absl::Duration kHandshakeTimeout = absl::Seconds(10);  // of TLS
// What is read at most when stopping: one full round of what the kernel may hold per connection.
constexpr int kLastReadsPerConnection = 16;

}  // namespace

StreamListener::StreamListener(BoundSocket bound, const IngestConfig& config, Certificates certificates,
                               const Clock& clock, const StreamMetrics& metrics, TextReceiver& receiver)
    : bound_(std::move(bound)),
      config_(config),
      certificates_(std::move(certificates)),
      clock_(clock),
      metrics_(metrics),
      receiver_(receiver),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)),
      accept_errors_log_(clock, absl::Seconds(10)) {
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
  Watch(bound_.socket.number());
  Watch(wake_event().number());
  absl::Time next_sweep = clock_.Now() + absl::Milliseconds(kSweepMilliseconds);
  std::array<epoll_event, kEventsPerWait> events;
  while (!stopping()) {
    const int count = ::epoll_wait(epoll_.number(), events.data(), events.size(), kSweepMilliseconds);
    if (count > 0) LetOthersRun();
    for (int i = 0; i < count; ++i) Handle(events[i].data.fd);
    receiver_.EndBatch();
    if (clock_.Now() < next_sweep) continue;
    Sweep();
    next_sweep = clock_.Now() + absl::Milliseconds(kSweepMilliseconds);
  }
  bound_.path = UnixSocketPath();
  bound_.socket = FileDescriptor();
  ReadWhatIsLeft();
}

void StreamListener::Handle(int descriptor) {
  if (descriptor == wake_event().number()) return wake_event().Clear();
  if (descriptor == bound_.socket.number()) return Accept();
  const auto connection = connections_.find(descriptor);
  if (connection == connections_.end()) return;  // made room for another in this round
  if (!Read(connection->second)) Close(descriptor);
}

void StreamListener::Accept() {
  for (int i = 0; i < kAcceptsPerRound && AcceptOne(); ++i) {
  }
}

bool StreamListener::AcceptOne() {
  FileDescriptor socket(::accept4(bound_.socket.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket.open()) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return false;
    metrics_.errors.Increment();
    if (accept_errors_log_.Due()) {
      TRIBUTARY_LOG_WARN("{}: cannot accept a connection: {}; out of descriptors? LimitNOFILE= of the unit, ulimit -n",
                         bound_.address.ToString(), std::strerror(errno));
    }
    // The socket stays readable: look again only after the next sweep, or this would spin.
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, bound_.socket.number(), nullptr);
    return false;
  }
  metrics_.accepted.Increment();
  if (!MakeRoom()) {
    metrics_.closed_limit.Increment();
    return true;
  }
  const int descriptor = socket.number();
  const Peer peer = Peer::OfConnection(descriptor);
  auto tls = certificates_ ? std::make_unique<TlsStream>(*certificates_(), descriptor) : nullptr;
  by_last_whole_.push_back(descriptor);
  connections_.try_emplace(descriptor, Connection{.socket = std::move(socket),
                                                  .tls = std::move(tls),
                                                  .framer = MakeFramer(peer),
                                                  .last_whole = clock_.Now(),
                                                  .place = std::prev(by_last_whole_.end())});
  Watch(descriptor);
  metrics_.open.Add(1);
  return true;
}

bool StreamListener::MakeRoom() {
  if (connections_.size() < static_cast<size_t>(config_.max_connections)) return true;
  const int longest_silent = by_last_whole_.front();
  if (clock_.Now() - connections_.at(longest_silent).last_whole < config_.line_timeout) return false;
  metrics_.closed_evicted.Increment();
  Close(longest_silent);
  return true;
}

std::unique_ptr<Framer> StreamListener::MakeFramer(const Peer& peer) const {
  if (bound_.address.is_unix()) return std::make_unique<UnixStreamFramer>(peer, config_.max_packet_bytes);
  return std::make_unique<LineFramer>(peer);
}

ssize_t StreamListener::Receive(Connection& connection) {
  if (connection.tls != nullptr) return connection.tls->Read(buffer_.get(), kReadBytes);
  return ::recv(connection.socket.number(), buffer_.get(), kReadBytes, 0);
}

bool StreamListener::Read(Connection& connection) {
  const ssize_t count = Receive(connection);
  if (count < 0) {
    const bool later = errno == EAGAIN || errno == EINTR;
    if (later) return true;
    CountError(connection);
    GiveUp(connection);
    return false;
  }
  if (count == 0) {
    connection.framer->Finish(receiver_);
    GiveUp(connection);
    return false;
  }
  const bool sound = connection.framer->Feed(absl::string_view(buffer_.get(), count), receiver_);
  if (!sound) metrics_.closed_bad_length.Increment();
  metrics_.lines_too_long.Increment(connection.framer->TakeSkippedLines());
  NoteProgress(connection);
  return sound;
}

void StreamListener::CountError(const Connection& connection) {
  (connection.is_shaking_hands() ? metrics_.closed_handshake : metrics_.errors).Increment();
}

void StreamListener::GiveUp(const Connection& connection) {
  if (!connection.framer->is_unfinished()) return;
  metrics_.unfinished.Increment();
  connection.framer->Abandon("unfinished", receiver_);
}

void StreamListener::NoteProgress(Connection& connection) {
  const absl::Time now = clock_.Now();
  const bool progress = connection.framer->TakeProgress();
  if (progress) {
    connection.last_whole = now;
    by_last_whole_.splice(by_last_whole_.end(), by_last_whole_, connection.place);
  }
  if (!connection.framer->is_unfinished()) {
    connection.unfinished_since = absl::InfiniteFuture();
  } else if (progress || connection.unfinished_since == absl::InfiniteFuture()) {
    connection.unfinished_since = now;
  }
}

void StreamListener::Close(int descriptor) {
  const auto connection = connections_.find(descriptor);
  by_last_whole_.erase(connection->second.place);
  connections_.erase(connection);  // closing takes it off the epoll set
  metrics_.open.Add(-1);
}

void StreamListener::Sweep() {
  const absl::Time now = clock_.Now();
  std::vector<int> ended;
  for (const auto& [descriptor, connection] : connections_) {
    if (connection.is_shaking_hands() && now - connection.last_whole >= kHandshakeTimeout) {
      metrics_.closed_handshake.Increment();
      ended.push_back(descriptor);
      continue;
    }
    const bool slow = now - connection.unfinished_since >= config_.line_timeout;
    if (!slow && now - connection.last_whole < config_.idle_timeout) continue;
    (slow ? metrics_.closed_slow : metrics_.closed_idle).Increment();
    if (slow) connection.framer->Abandon("slow", receiver_);
    ended.push_back(descriptor);
  }
  for (const int descriptor : ended) Close(descriptor);
  Watch(bound_.socket.number());  // in case Accept gave up; an error when it is watched already
}

void StreamListener::ReadWhatIsLeft() {
  for (auto& [descriptor, connection] : connections_) {
    bool is_open = true;
    for (int i = 0; i < kLastReadsPerConnection && is_open; ++i) is_open = Read(connection);
    if (is_open) GiveUp(connection);
  }
  receiver_.EndBatch();
  metrics_.open.Add(-static_cast<double>(connections_.size()));
  connections_.clear();
  by_last_whole_.clear();
}

}  // namespace tributary
