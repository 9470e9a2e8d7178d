#include "bench/load/sink.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <utility>

#include "bench/load/process_usage.h"
#include "common/base/status.h"
#include "local/ingest/sockets.h"

namespace tributary {
namespace {

constexpr int kBatch = 64;
constexpr size_t kMaxBytes = 65'536;
constexpr int kPollMs = 50;

}  // namespace

absl::StatusOr<Sink> Sink::Open(const Address& address, int receive_buffer_bytes) {
  if (address.kind != Address::Kind::kUdp) return absl::InvalidArgumentError("a sink listens on udp://");
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<BoundSocket> sockets, OpenUdpSockets(address, 1));
  RaiseReceiveBuffer(sockets[0], receive_buffer_bytes);
  return Sink(std::move(sockets[0].socket), std::move(sockets[0].address));
}

Sink::Counts Sink::Run() {
  const auto bytes = std::make_unique_for_overwrite<char[]>(kBatch * kMaxBytes);
  std::array<iovec, kBatch> pieces;
  std::array<mmsghdr, kBatch> messages{};
  for (size_t i = 0; i < kBatch; ++i) {
    pieces[i] = {bytes.get() + i * kMaxBytes, kMaxBytes};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  Counts counts;
  const double before = ThreadCpuSeconds();
  pollfd event{socket_.number(), POLLIN, 0};
  while (!stopping_) {
    if (poll(&event, 1, kPollMs) <= 0) continue;
    int count = kBatch;
    while (count == kBatch) {
      count = recvmmsg(socket_.number(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < count; ++i) counts.bytes += messages[static_cast<size_t>(i)].msg_len;
      if (count > 0) counts.datagrams += static_cast<uint64_t>(count);
    }
  }
  counts.cpu_seconds = ThreadCpuSeconds() - before;
  return counts;
}

}  // namespace tributary
