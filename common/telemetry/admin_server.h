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
//   /healthz  200 "ok" as long as the process serves at all
//   /readyz   200 "ok", or 503 with one line per check that fails: "store: opening"
//   /version  {"program": "tributary-local", "version": "0.1.0"}
// It outlives the server's threads: built after the HttpServer, destroyed after its Stop(). Thread-safe.
class AdminServer {
 public:
  using ReadyCheck = std::function<absl::Status()>;

  // Registers the pages, and the server's own statistics as tributary_http_*. Before server.Start().
  AdminServer(HttpServer& server, Telemetry& telemetry, absl::string_view program, absl::string_view version);

  // `check` runs on a handler's thread at each /readyz; quick.
  void AddReadyCheck(absl::string_view name, ReadyCheck check);

 private:
  HttpResponse Ready() const;
  void ExportStats(HttpServer& server, Telemetry& telemetry);

  mutable Mutex mutex_;
  std::vector<std::pair<std::string, ReadyCheck>> checks_ ABSL_GUARDED_BY(mutex_);
  std::vector<Telemetry::Reading> readings_;
};

}  // namespace tributary
