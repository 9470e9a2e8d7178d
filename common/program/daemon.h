#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/net/event_loop.h"
#include "common/net/http_server.h"
#include "common/net/inherited_sockets.h"
#include "common/net/service_manager.h"
#include "common/net/signal_waiter.h"
#include "common/program/clock_watch.h"
#include "common/program/config_in_force.h"
#include "common/program/log_level_switch.h"
#include "common/program/profiler.h"
#include "common/program/trust.h"
#include "common/program/watchdog.h"
#include "common/telemetry/admin_server.h"
#include "common/telemetry/telemetry.h"

namespace tributary {

// What each of the three programs has besides its work: clock, metrics, pages, watchdog, reload, and the wait for its
// end. A program builds its parts on it, calls Serve, drains, and calls EndPages before the parts go.
//
//   /config, /log/level, /debug/profile    beside the pages of AdminServer
//
// Threads: owned by the main thread, but for what the parts say of themselves.
class Daemon {
 public:
  struct Identity {
    absl::string_view program;
    absl::string_view version;
  };

  // `read` reads the configuration again.
  Daemon(const Identity& identity, ConfigReading reading, ConfigInForce::Read read, InheritedSockets inherited,
         std::unique_ptr<Trust> trust, SignalWaiter& signals);
  ~Daemon();

  const Clock& clock() const { return clock_; }
  Telemetry& telemetry() { return telemetry_; }
  InheritedSockets& inherited() { return inherited_; }  // Serve fails when one is left over
  HttpServer& http() { return http_; }                  // for further pages, before Serve
  AdminServer& admin() { return admin_; }
  Watchdog& watchdog() { return watchdog_; }
  Trust& trust() { return *trust_; }

  // Opens the pages, tells the service manager, and returns at SIGTERM, SIGINT or a clock set back. At SIGHUP the
  // configuration is read again: `apply` takes over what `reloadable` names, on this thread; `log_level` and
  // `shutdown_grace` are taken over for every program.
  template <class Config>
  absl::Status Serve(std::vector<std::string> reloadable, std::function<absl::Status(const Config&)> apply) {
    return ServeUntilTold(std::move(reloadable), [apply = std::move(apply)](const ProgramConfig& config) {
      return apply(static_cast<const Config&>(config));
    });
  }
  // As configured now.
  absl::Duration shutdown_grace() const { return shutdown_grace_; }
  // After Serve: the end may be so far away, for whoever supervises this process.
  void ExtendStop(absl::Duration by) const { service_manager_.ExtendTimeout(by); }
  // Waits for requests that are being answered; no other comes.
  void EndPages();

  // Serve returned because the clock was set back, and the program is to be run once more from its beginning: interval
  // numbers never go back in one life of it.
  bool starts_over() const { return starts_over_; }

 private:
  absl::Status ServeUntilTold(std::vector<std::string> reloadable, ConfigInForce::Apply apply);
  void AddPages(bool remote_admin);
  void WaitForTheEnd(const std::vector<std::string>& reloadable, const ConfigInForce::Apply& apply);
  void Reload(const std::vector<std::string>& reloadable, const ConfigInForce::Apply& apply);

  const SystemClock clock_;
  ClockWatch clock_watch_;
  Telemetry telemetry_;
  const std::vector<Telemetry::Reading> process_metrics_;
  const std::unique_ptr<Trust> trust_;
  const ConfigInForce::Read read_;
  SignalWaiter& signals_;
  const ServiceManager service_manager_ = ServiceManager::FromEnvironment();
  absl::Duration shutdown_grace_;
  bool starts_over_ = false;
  InheritedSockets inherited_;
  ConfigInForce config_;
  LogLevelSwitch log_level_;
  Profiler profiler_;
  Watchdog watchdog_;
  HttpServer http_;
  AdminServer admin_;
  EventLoop loop_{"watchdog"};  // last: it uses the others
};

}  // namespace tributary
