#pragma once

#include "absl/time/time.h"

namespace tributary {

struct FlushConfig {
  // Length of an interval: divides 60 s, equal in the whole cluster. Shorter: fresher values, more rows and messages.
  absl::Duration interval = absl::Seconds(10);
  // Of the digests, 20 to 1000. More: finer tails, more bytes; errors of many hosts average out in the merge.
  double compression = 100;
  // How long the end of an interval waits for a reader. What a reader hands over later is sent as late.
  absl::Duration reader_timeout = absl::Seconds(2);
};

}  // namespace tributary
