#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

 private:
  DatagramSocket(Address address, int fd) : address_(std::move(address)), fd_(fd) {}

  Address address_;
  int fd_;
};

}  // namespace tributary
