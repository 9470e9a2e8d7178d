#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/net/address.h"

namespace tributary {

// Sends datagrams to one udp:// or unixgram:// address, as a StatsD client does. A unix socket that was replaced by its
// server's restart is connected to again. Thread-compatible.
class DatagramSocket {
 public:
  // The error names the address. UDP: succeeds whether anybody listens or not.
  static absl::StatusOr<DatagramSocket> Connect(const Address& address);
  DatagramSocket(DatagramSocket&& other) noexcept;
  DatagramSocket& operator=(DatagramSocket&& other) noexcept;
  ~DatagramSocket();

  // Waits at most 5 s for room in a unix socket's queue. An error means that nothing was sent.
  absl::Status Send(absl::string_view payload);
  // As many at a time as one call of the kernel takes. Returns how many were sent; when that is not all, the one behind
  // them was refused.
  size_t SendMany(absl::Span<const absl::string_view> payloads);
  // What has come back for what was sent: on this machine the kernel tells at once that nobody listens on a UDP port.
  absl::Status PendingError();

 private:
  DatagramSocket(Address address, int fd) : address_(std::move(address)), fd_(fd) {}

  Address address_;
  int fd_;
};

}  // namespace tributary
