#include "bench/load/sender.h"

#include "common/base/status.h"

namespace tributary {

absl::StatusOr<Sender> Sender::Connect(const Address& address) {
  TRIBUTARY_ASSIGN_OR_RETURN(DatagramSocket socket, DatagramSocket::Connect(address));
  return Sender(std::move(socket));
}

}  // namespace tributary
