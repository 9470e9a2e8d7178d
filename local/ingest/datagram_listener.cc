#include "local/ingest/datagram_listener.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace tributary {
namespace {

// What is taken at most from the kernel when stopping: more than any receive buffer holds.
constexpr int kMaxLastBatches = 4096;
// Room for 2,700 small datagrams: those of 50 ms at 50,000 a second. Unix datagrams have no such room.
constexpr int kLingerBufferBytes = 1 << 20;

}  // namespace

// The arrays that recvmmsg fills.
class DatagramListener::Batch {
 public:
  Batch(size_t max_datagram_bytes, bool is_unix) : max_bytes_(max_datagram_bytes), is_unix_(is_unix) {
    // Not touched, so not resident, beyond what datagrams have filled.
    bytes_ = std::make_unique_for_overwrite<char[]>(kBatch * max_bytes_);
    for (int i = 0; i < kBatch; ++i) {
      parts_[i] = {.iov_base = bytes_.get() + i * max_bytes_, .iov_len = max_bytes_};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_control = controls_[i].bytes;
      if (!is_unix_) messages_[i].msg_hdr.msg_name = &names_[i];
    }
  }

  int Receive(int socket) {
    for (mmsghdr& message : messages_) {
      message.msg_hdr.msg_controllen = sizeof(Control);
      if (!is_unix_) message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    }
    return ::recvmmsg(socket, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
  }

  absl::string_view text(int i) const { return absl::string_view(bytes_.get() + i * max_bytes_, messages_[i].msg_len); }
  bool truncated(int i) const { return (messages_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
  Peer peer(int i) {
    if (!is_unix_) return Peer::OfAddress(reinterpret_cast<const sockaddr&>(names_[i]));
    const auto sender = Find<ucred>(i, SCM_CREDENTIALS);
    return sender.has_value() ? Peer::OfProcess(sender->pid, sender->uid) : Peer();
  }
  // Datagrams the socket has lost since it was opened, when the kernel says so.
  std::optional<uint32_t> kernel_drops(int i) { return Find<uint32_t>(i, SO_RXQ_OVFL); }

 private:
  // Room for the sender's credentials and nothing more, so that no descriptor that a sender passes along is opened.
  struct alignas(cmsghdr) Control {
    char bytes[CMSG_SPACE(sizeof(ucred))];
  };

  template <class Value>
  std::optional<Value> Find(int i, int type) {
    msghdr& header = messages_[i].msg_hdr;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != type) continue;
      Value value;
      std::memcpy(&value, CMSG_DATA(part), sizeof value);
      return value;
    }
    return std::nullopt;
  }

  const size_t max_bytes_;
  const bool is_unix_;
  std::unique_ptr<char[]> bytes_;
  std::array<mmsghdr, kBatch> messages_{};
  std::array<iovec, kBatch> parts_{};
  std::array<sockaddr_in6, kBatch> names_{};  // IPv4 fits as well
  std::array<Control, kBatch> controls_{};
};

DatagramListener::DatagramListener(BoundSocket bound, size_t max_datagram_bytes, const DatagramMetrics& metrics,
                                   TextReceiver& receiver)
    : bound_(std::move(bound)),
      metrics_(metrics),
      receiver_(receiver),
      batch_(std::make_unique<Batch>(max_datagram_bytes, bound_.address.is_unix())) {
  const int on = 1;
  // Who sends, and how many datagrams were lost before this one.
  const int option = bound_.address.is_unix() ? SO_PASSCRED : SO_RXQ_OVFL;
  ::setsockopt(bound_.socket.number(), SOL_SOCKET, option, &on, sizeof on);
}

DatagramListener::~DatagramListener() { Stop(); }

void DatagramListener::Run() {
  ::pthread_setname_np(::pthread_self(), "reader");
  // Those of an inherited socket include its earlier readers': for Prometheus the counter then goes on where it was.
  CountKernelDrops(KernelDrops(bound_.socket.number()));
  const bool may_linger = !bound_.address.is_unix() && ReceiveBuffer(bound_.socket) >= kLingerBufferBytes;
  pollfd events[] = {{bound_.socket.number(), POLLIN, 0}, {wake_event().number(), POLLIN, 0}};
  while (!stopping()) {
    ::poll(events, 2, -1);
    if (may_linger) LetOthersRun();
    if (events[1].revents != 0) {
      wake_event().Clear();
      receiver_.EndBatch();
    }
    while (ReceiveBatch() == kBatch && !stopping()) {
    }
  }
  for (int i = 0; i < kMaxLastBatches && ReceiveBatch() > 0; ++i) {
  }
  CountKernelDrops(KernelDrops(bound_.socket.number()));
  bound_.path = UnixSocketPath();
  bound_.socket = FileDescriptor();
}

int DatagramListener::ReceiveBatch() {
  const int count = batch_->Receive(bound_.socket.number());
  if (count <= 0) {
    if (count < 0 && errno != EAGAIN && errno != EINTR) metrics_.errors.Increment();
    return 0;
  }
  for (int i = 0; i < count; ++i) {
    absl::string_view text = batch_->text(i);
    if (batch_->truncated(i)) {
      metrics_.truncated.Increment();
      const size_t whole_bytes = text.rfind('\n') + 1;  // 0 when there is no whole line
      receiver_.Refuse(text.substr(whole_bytes), "truncated", batch_->peer(i));
      text = text.substr(0, whole_bytes);
    }
    receiver_.Receive(text, batch_->peer(i));
  }
  metrics_.datagrams.Increment(count);
  if (const std::optional<uint32_t> drops = batch_->kernel_drops(count - 1)) CountKernelDrops(*drops);
  receiver_.EndBatch();
  return count;
}

void DatagramListener::CountKernelDrops(uint32_t drops_since_open) {
  const uint32_t drops = drops_since_open - kernel_drops_;  // right across the counter's wrap
  if (drops != 0) metrics_.kernel_drops.Increment(drops);
  kernel_drops_ = drops_since_open;
}

}  // namespace tributary
