#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/net/http_server.h"
#include "common/telemetry/telemetry.h"

namespace tributary {

// The pages every process has, on an HttpServer:
//   /metrics  Prometheus text
//   /healthz  200 "ok", or 503 with one line per check that fails: the process should be ended
//   /readyz   200 "ok", or 503 with one line per check that fails: "store: opening"
//   /version  {"program": "tributary-local", "version": "0.1.0", "config_digest": "…"}
// It outlives the server's threads: built after the HttpServer, destroyed after its Stop(). Thread-safe.
class AdminServer {
 public:
  using Check = std::function<absl::Status()>;
  struct Identity {
    absl::string_view program;
    absl::string_view version;
    std::function<std::string()> config_digest;  // asked at each /version
  };

  // Registers the pages, the server's own statistics as tributary_http_*, and tributary_build_info. Before
  // server.Start().
  AdminServer(HttpServer& server, Telemetry& telemetry, const Identity& identity);

  // `check` runs on a handler's thread at each /readyz or /healthz; quick.
  void AddReadyCheck(absl::string_view name, Check check);
  void AddHealthCheck(absl::string_view name, Check check);

 private:
  using Checks = std::vector<std::pair<std::string, Check>>;
  static HttpResponse RunChecks(const Checks& checks);
  void ExportStats(HttpServer& server, Telemetry& telemetry);

  mutable Mutex mutex_;
  Checks ready_checks_ ABSL_GUARDED_BY(mutex_);
  Checks health_checks_ ABSL_GUARDED_BY(mutex_);
  std::vector<Telemetry::Reading> readings_;
};

}  // namespace tributary
