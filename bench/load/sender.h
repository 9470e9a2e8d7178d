#pragma once

#include <memory>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/net/address.h"
#include "common/traffic/agent_socket.h"
#include "common/traffic/datagram_socket.h"

namespace tributary {

// The way to an agent over any transport: many datagrams in one call of the kernel, or a stream. Thread-compatible.
class Sender {
 public:
  static absl::StatusOr<Sender> Connect(const Address& address, const TlsFiles& tls = {});

  // How many were sent; when that is not all, the one behind them was refused.
  size_t Send(absl::Span<const absl::string_view> payloads);
  // Ends a stream in good order, so that the agent counts no error.
  void Finish();

 private:
  using Socket = std::variant<DatagramSocket, std::unique_ptr<AgentSocket>>;
  explicit Sender(Socket socket) : socket_(std::move(socket)) {}

  Socket socket_;
};

}  // namespace tributary
