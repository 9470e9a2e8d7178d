#pragma once

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/address.h"
#include "common/net/tls_files.h"

namespace tributary {

// Sends payloads of lines to an agent over any transport that it listens on, framed as that one asks: a datagram each
// (udp, unixgram), a '\n' behind (tcp, tls), their length in front (unixstream). Waits at most 5 s for room. Errors
// name the address. Thread-compatible.
class AgentSocket {
 public:
  // `tls`: whom to believe (the system's authorities when empty) and what to show, of tls:// addresses only.
  static absl::StatusOr<std::unique_ptr<AgentSocket>> Connect(const Address& address, const TlsFiles& tls = {});
  virtual ~AgentSocket() = default;

  // Lines separated by '\n'. An error means that this payload was not taken whole.
  virtual absl::Status Send(absl::string_view payload) = 0;
  // After the last payload: what has come back. Datagrams to a port of this machine that nobody listens on are told
  // here; those that are lost on the way are told nowhere.
  virtual absl::Status Finish() = 0;
};

// What fits every agent: a UDP datagram that no Ethernet path cuts, 8 KiB for all that does not leave the machine.
size_t DefaultPayloadBytes(Address::Kind kind);

}  // namespace tributary
