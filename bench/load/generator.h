#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bench/load/deck.h"
#include "common/base/clock.h"
#include "common/net/address.h"
#include "common/net/tls_files.h"

namespace tributary {

// Sends a deck, over and over, from `senders` threads with a socket (and so a source port) each; each takes every
// senders-th payload.
struct LoadOptions {
  Address to;
  TlsFiles tls;  // of a tls:// address
  int senders = 1;
  double lines_per_second = 0;                        // of all together; 0: as fast as it goes
  absl::Duration max_burst = absl::Milliseconds(10);  // what is caught up at once after a delay
  // The end, whichever comes first. 0 lines: no limit.
  uint64_t lines = 0;
  absl::Duration duration = absl::Seconds(10);
};

struct LoadCounts {
  uint64_t lines = 0;  // sent
  uint64_t payloads = 0;
  uint64_t bytes = 0;
  uint64_t lines_refused = 0;  // by the socket; nobody has them
  absl::Duration time;         // of the slowest sender
  absl::Duration delay;        // by which the slowest sender's schedule moved back
  double cpu_seconds = 0;      // of the senders, user and system
};

// Connects, sends, returns when all is sent.
absl::StatusOr<LoadCounts> SendLoad(const Deck& deck, const LoadOptions& options, const Clock& clock);

}  // namespace tributary
