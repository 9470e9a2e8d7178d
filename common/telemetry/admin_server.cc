#include "common/telemetry/admin_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace tributary {

AdminServer::AdminServer(HttpServer& server, Telemetry& telemetry, const Identity& identity) {
  server.Handle("GET", "/metrics", [&telemetry](const HttpRequest&) {
    return HttpResponse{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = telemetry.Serialize()};
  });
  server.Handle("GET", "/healthz", [this](const HttpRequest&) {
    const MutexLock lock(mutex_);
    return RunChecks(health_checks_);
  });
  server.Handle("GET", "/readyz", [this](const HttpRequest&) {
    const MutexLock lock(mutex_);
    return RunChecks(ready_checks_);
  });
  const nlohmann::json who = {{"program", std::string(identity.program)}, {"version", std::string(identity.version)}};
  server.Handle("GET", "/version", [who, digest = identity.config_digest](const HttpRequest&) {
    nlohmann::json page = who;
    page["config_digest"] = digest();
    return HttpResponse::Json(200, page.dump());
  });
  telemetry.AddGauge("tributary_build_info", "Always 1.", {{"version", std::string(identity.version)}}).Set(1);
  ExportStats(server, telemetry);
}

void AdminServer::AddReadyCheck(absl::string_view name, Check check) {
  const MutexLock lock(mutex_);
  ready_checks_.emplace_back(std::string(name), std::move(check));
}

void AdminServer::AddHealthCheck(absl::string_view name, Check check) {
  const MutexLock lock(mutex_);
  health_checks_.emplace_back(std::string(name), std::move(check));
}

HttpResponse AdminServer::RunChecks(const Checks& checks) {
  std::string failures;
  for (const auto& [name, check] : checks) {
    if (const absl::Status status = check(); !status.ok())
      absl::StrAppend(&failures, name, ": ", status.message(), "\n");
  }
  return failures.empty() ? HttpResponse::Text(200, "ok\n") : HttpResponse::Text(503, failures);
}

void AdminServer::ExportStats(HttpServer& server, Telemetry& telemetry) {
  using Stats = HttpServer::Stats;
  const auto add = [&](Telemetry::Kind kind, absl::string_view name, absl::string_view help, uint64_t Stats::*field) {
    readings_.push_back(telemetry.AddReading(kind, name, help, {},
                                             [&server, field] { return static_cast<double>(server.stats().*field); }));
  };
  constexpr auto kCounter = Telemetry::Kind::kCounter;
  add(Telemetry::Kind::kGauge, "tributary_http_connections", "Open HTTP connections.", &Stats::connections);
  add(kCounter, "tributary_http_connections_accepted_total", "HTTP connections accepted.",
      &Stats::connections_accepted);
  add(kCounter, "tributary_http_connections_refused_total", "HTTP connections over the limit, told 503 or closed.",
      &Stats::connections_refused);
  add(kCounter, "tributary_http_connections_evicted_total",
      "HTTP connections closed while waiting for their clients, to make room.", &Stats::connections_evicted);
  add(kCounter, "tributary_http_requests_total", "HTTP requests handed to a handler.", &Stats::requests);
  add(kCounter, "tributary_http_requests_refused_total", "HTTP requests the server itself refused.",
      &Stats::requests_refused);
  add(kCounter, "tributary_http_requests_unauthorized_total", "HTTP requests without a valid token, told 401.",
      &Stats::requests_unauthorized);
  add(kCounter, "tributary_http_handshake_failures_total", "TLS handshakes of HTTP connections that failed.",
      &Stats::handshake_failures);
  add(kCounter, "tributary_http_timeouts_total",
      "HTTP connections ended for being idle or slow, and handlers given up.", &Stats::timeouts);
  add(kCounter, "tributary_http_handler_failures_total", "HTTP handlers that threw.", &Stats::handler_failures);
}

}  // namespace tributary
