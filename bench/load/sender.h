#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/net/address.h"
#include "common/traffic/datagram_socket.h"

namespace tributary {

// The way to an agent. Thread-compatible.
class Sender {
 public:
  static absl::StatusOr<Sender> Connect(const Address& address);

  // How many were sent; when that is not all, the one behind them was refused.
  size_t Send(absl::Span<const absl::string_view> payloads) { return socket_.SendMany(payloads); }

 private:
  explicit Sender(DatagramSocket socket) : socket_(std::move(socket)) {}

  DatagramSocket socket_;
};

}  // namespace tributary
