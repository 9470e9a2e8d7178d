#include "bench/load/sender.h"

#include "common/base/status.h"

namespace tributary {

absl::StatusOr<Sender> Sender::Connect(const Address& address, const TlsFiles& tls) {
  if (address.kind == Address::Kind::kUdp || address.kind == Address::Kind::kUnixDatagram) {
    TRIBUTARY_ASSIGN_OR_RETURN(DatagramSocket socket, DatagramSocket::Connect(address));
    return Sender(std::move(socket));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<AgentSocket> socket, AgentSocket::Connect(address, tls));
  return Sender(std::move(socket));
}

size_t Sender::Send(absl::Span<const absl::string_view> payloads) {
  if (auto* datagrams = std::get_if<DatagramSocket>(&socket_)) return datagrams->SendMany(payloads);
  AgentSocket& stream = *std::get<std::unique_ptr<AgentSocket>>(socket_);
  size_t sent = 0;
  while (sent < payloads.size() && stream.Send(payloads[sent]).ok()) ++sent;
  return sent;
}

void Sender::Finish() {
  // What did not arrive is told by the agent's own counts.
  if (auto* stream = std::get_if<std::unique_ptr<AgentSocket>>(&socket_)) (*stream)->Finish().IgnoreError();
}

}  // namespace tributary
