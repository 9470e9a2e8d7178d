#include "common/program/daemon.h"

#include <csignal>
#include <optional>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/program/admin_guard.h"
#include "common/telemetry/process_metrics.h"

namespace tributary {
namespace {

// How often somebody looks whether a time has come.
constexpr absl::Duration kTick = absl::Seconds(1);
constexpr int kWatchdogTicks = 10;  // per interval

Watchdog::Options WatchdogOptions(const ProgramConfig& config) {
  return {.tick = config.interval / kWatchdogTicks,
          .stuck_after = config.watchdog_intervals * kWatchdogTicks,
          .abort_after = config.watchdog_abort_intervals * kWatchdogTicks};
}

}  // namespace

Daemon::Daemon(const Identity& identity, ConfigReading reading, ConfigInForce::Read read, InheritedSockets inherited,
               std::unique_ptr<Trust> trust, SignalWaiter& signals)
    : clock_watch_(reading.config->interval),
      process_metrics_(AddProcessMetrics(telemetry_)),
      trust_(std::move(trust)),
      read_(std::move(read)),
      signals_(signals),
      shutdown_grace_(reading.config->shutdown_grace),
      inherited_(std::move(inherited)),
      config_(reading, clock_, telemetry_),
      log_level_(reading.config->log_level, clock_),
      watchdog_(WatchdogOptions(*reading.config), telemetry_),
      http_({.address = reading.config->http_listen.HostPort(),
             .inherited = &inherited_,
             .handler_threads = reading.config->http_handler_threads,
             .tls = trust_->PageCertificates(),
             .admits = trust_->PageGate(),
             .cors_origins = reading.config->http_cors_origins}),
      admin_(http_, telemetry_, {identity.program, identity.version, [this] { return config_.digest(); }}) {
  admin_.AddHealthCheck("watchdog", [this] { return watchdog_.Health(); });
  AddPages(reading.config->remote_admin);
  trust_->AddMetrics(telemetry_);
  loop_.RunEvery(reading.config->interval / kWatchdogTicks, [this] { watchdog_.Tick(); });
  if (const absl::Duration alive_every = ServiceManager::AliveEvery(); alive_every > absl::ZeroDuration()) {
    loop_.RunEvery(alive_every, [this] { service_manager_.Alive(); });
  }
}

Daemon::~Daemon() {
  EndPages();
  loop_.Stop();
}

void Daemon::AddPages(bool remote_admin) {
  http_.Handle("GET", "/config", [this](const HttpRequest&) {
    return HttpResponse{.content_type = "application/yaml; charset=utf-8", .body = config_.Page()};
  });
  http_.Handle("GET", "/log/level", [this](const HttpRequest&) { return log_level_.Get(); });
  http_.Handle("PUT", "/log/level", GuardAdmin(remote_admin, [this](const HttpRequest& request) {
                 HttpResponse response = log_level_.Put(request);
                 if (response.status == 200) TRIBUTARY_LOG_WARN("log level set by {}: {}", request.peer, response.body);
                 return response;
               }));
  http_.Handle("POST", "/debug/profile",
               GuardAdmin(remote_admin, [this](const HttpRequest& request) { return profiler_.Post(request); }));
}

absl::Status Daemon::ServeUntilTold(std::vector<std::string> reloadable, ConfigInForce::Apply apply) {
  reloadable.insert(reloadable.end(), {"log_level", "shutdown_grace"});
  TRIBUTARY_RETURN_IF_ERROR(http_.Start());
  TRIBUTARY_RETURN_IF_ERROR(inherited_.CheckAllTaken());
  service_manager_.Ready();
  WaitForTheEnd(reloadable, apply);
  service_manager_.Stopping();
  watchdog_.Rest();
  return absl::OkStatus();
}

void Daemon::WaitForTheEnd(const std::vector<std::string>& reloadable, const ConfigInForce::Apply& apply) {
  while (!starts_over_) {
    const std::optional<int> signal = signals_.Wait(kTick);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) Reload(reloadable, apply);
    log_level_.Tick();
    trust_->Tick();
    if (const absl::Duration back = clock_watch_.SetBackBy(clock_.Now()); back > absl::ZeroDuration()) {
      TRIBUTARY_LOG_WARN("the clock was set back by {}: starting over", absl::FormatDuration(back));
      starts_over_ = true;
    }
  }
}

void Daemon::Reload(const std::vector<std::string>& reloadable, const ConfigInForce::Apply& apply) {
  TRIBUTARY_LOG_INFO("SIGHUP: reading the configuration again");
  service_manager_.Reloading();
  config_.Reload(read_, reloadable, [&](const ProgramConfig& next) {
    TRIBUTARY_RETURN_IF_ERROR(apply(next));
    log_level_.Configure(next.log_level);
    shutdown_grace_ = next.shutdown_grace;
    return absl::OkStatus();
  });
  service_manager_.Ready();
}

void Daemon::EndPages() {
  profiler_.Stop();
  http_.Stop();
}

}  // namespace tributary
