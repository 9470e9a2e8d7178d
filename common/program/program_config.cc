#include "common/program/program_config.h"

#include "absl/status/statusor.h"

namespace tributary {

bool ReadTcpAddress(ConfigNode node, absl::string_view key, Address& address) {
  std::string text = address.host.empty() ? "" : address.HostPort();
  node.Read(key, text);
  const absl::StatusOr<Address> parsed = ParseAddress(text);
  const bool is_tcp = parsed.ok() && parsed->kind == Address::Kind::kTcp;
  node.Check(is_tcp, key, parsed.ok() ? "must be host:port" : absl::string_view(parsed.status().message()));
  if (is_tcp) address = *parsed;
  return is_tcp;
}

namespace {

void ReadWatchdog(ConfigNode node, ProgramConfig& config) {
  node.Read("intervals", config.watchdog_intervals, {.min = 0, .max = 10'000});
  node.Read("abort_intervals", config.watchdog_abort_intervals, {.min = 0, .max = 10'000});
  node.Check(config.watchdog_abort_intervals == 0 || config.watchdog_intervals <= config.watchdog_abort_intervals,
             "abort_intervals", "must be 0 or at least watchdog.intervals");
}

}  // namespace

void ReadProgramConfig(ConfigNode root, ProgramConfig& config) {
  root.Read("cluster", config.cluster);
  root.Check(!config.cluster.empty(), "cluster", "must not be empty");
  root.Read("interval", config.interval, {.min = absl::Seconds(1), .max = absl::Minutes(1)});
  root.Check(absl::Minutes(1) % config.interval == absl::ZeroDuration(), "interval", "must divide 60s");
  root.ReadEnum("log_level", config.log_level,
                {{"debug", "debug"}, {"info", "info"}, {"warn", "warn"}, {"error", "error"}});
  root.ReadEnum("tls", config.tls_off, {{"loopback", false}, {"off", true}});
  root.Read("shutdown_grace", config.shutdown_grace, {.min = absl::ZeroDuration(), .max = absl::Minutes(10)});
  root.Read("crash_dir", config.crash_dir);
  ConfigNode http = root.Section("http");
  ReadTcpAddress(http, "listen", config.http_listen);
  http.ReadEnum("admin", config.remote_admin, {{"loopback", false}, {"any", true}});
  ReadWatchdog(root.Section("watchdog"), config);
}

}  // namespace tributary
