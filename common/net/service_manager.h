#pragma once

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tributary {

// Tells who supervises this process how far it is: READY=1 and the like as datagrams to the unix socket that the
// environment names in NOTIFY_SOCKET, for units of Type=notify. Without one, which is how most processes run, every
// call does nothing; one that cannot be delivered is logged, for the supervisor's own timeout to find.
// Threads: thread-safe.
// Source:  sd_notify(3).
class ServiceManager {
 public:
  // Of this process. The environment is left as it is.
  static ServiceManager FromEnvironment();

  // `notify_socket`: a path, or '@' and a name in the abstract namespace; empty: nobody listens.
  explicit ServiceManager(std::string notify_socket) : notify_socket_(std::move(notify_socket)) {}

  // After every address is bound; and again when a reload is over.
  void Ready() const { Tell("READY=1"); }
  void Reloading() const;
  // The drain has begun; the process ends by itself.
  void Stopping() const { Tell("STOPPING=1"); }
  // The drain may take so long from now, whatever the unit's TimeoutStopSec=.
  void ExtendTimeout(absl::Duration by) const;
  // A line for people: `systemctl status` shows it.
  void Status(absl::string_view text) const;
  // This process is alive: within every WatchdogSec= of the unit.
  void Alive() const { Tell("WATCHDOG=1"); }
  // How often the environment wants to hear that: half of WATCHDOG_USEC; zero when nobody does.
  static absl::Duration AliveEvery();

 private:
  void Tell(absl::string_view state) const;

  std::string notify_socket_;
};

}  // namespace tributary
