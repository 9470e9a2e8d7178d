#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/http_api.h"
#include "cli/tap_text.h"

namespace tributary {

// One tap at an agent, opened by the first Poll and opened again when the agent has forgotten it. An agent forgets a
// tap that nobody polls for 5 s. Thread-compatible.
class TapSession {
 public:
  struct Options {
    HttpTarget agent;
    std::string match = "*";        // "api.*{region:eu}"
    int64_t rate = 100;             // lines per second at most
    std::string rejected = "also";  // only, also or no
  };
  explicit TapSession(const Options& options);

  // What has matched since the last call.
  absl::StatusOr<TapBatch> Poll();

 private:
  HttpApi api_;
  const std::string open_path_;
  std::string id_;
};

}  // namespace tributary
