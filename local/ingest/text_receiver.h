#pragma once

#include "absl/strings/string_view.h"
#include "common/net/peer.h"

namespace tributary {

// What a listener's thread feeds with the text it receives; sockets know nothing of metrics. One per listener, called
// on that listener's thread only.
class TextReceiver {
 public:
  virtual ~TextReceiver() = default;
  // Lines separated by '\n', the last may go without: one datagram, packet or read of a connection. Valid during the
  // call.
  virtual void Receive(absl::string_view text, const Peer& peer) = 0;
  // What the listener had to refuse itself, and counts: the beginning of it, as far as it is here, and why.
  virtual void Refuse(absl::string_view text, absl::string_view reason, const Peer& peer) {}
  // After every batch, and soon after each Listener::Wake: nothing is under way.
  virtual void EndBatch() = 0;
};

}  // namespace tributary
