#include "common/program/program_config.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/net/tls_identity.h"

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

// `tls` is a word or a map.
void ReadTls(ConfigNode root, ProgramConfig& config) {
  if (!root.HasSection("tls")) root.ReadEnum("tls", config.tls_off, {{"loopback", false}, {"off", true}});
  if (root.Has("tls") && !root.HasSection("tls")) return;
  ConfigNode node = root.Section("tls");
  node.Read("cert_file", config.tls.cert_file);
  node.Read("key_file", config.tls.key_file);
  node.Read("ca_file", config.tls.ca_file);
  const bool none = config.tls.cert_file.empty() && config.tls.key_file.empty() && config.tls.ca_file.empty();
  const bool all = !config.tls.cert_file.empty() && !config.tls.key_file.empty() && !config.tls.ca_file.empty();
  root.Check(none || all, "tls", "give all of cert_file, key_file and ca_file");
  root.Check(none || IsTlsClusterName(config.cluster), "cluster",
             "with `tls`, lower-case letters, digits and .-_ only: certificates name it");
}

// As browsers spell one.
bool IsOrigin(absl::string_view text) {
  if (text == "*") return true;
  if (!absl::ConsumePrefix(&text, "https://") && !absl::ConsumePrefix(&text, "http://")) return false;
  return !text.empty() && text.find_first_of("/?#@ ") == absl::string_view::npos;
}

void ReadHttp(ConfigNode node, ProgramConfig& config) {
  ReadTcpAddress(node, "listen", config.http_listen);
  node.ReadEnum("admin", config.remote_admin, {{"loopback", false}, {"any", true}});
  node.Read("tls", config.http_tls);
  node.Read("tokens_file", config.http_tokens_file);
  node.Read("public_metrics", config.public_metrics);
  node.Read("cors_origins", config.http_cors_origins);
  for (const std::string& origin : config.http_cors_origins) {
    node.Check(IsOrigin(origin), "cors_origins",
               absl::StrCat("must be \"*\" or scheme://host[:port] without a path, not \"", origin, "\""));
  }
  if (config.tls_off || IsLoopback(config.http_listen)) return;
  const std::string address = config.http_listen.HostPort();
  node.Check(config.tls.configured() || !config.http_tls, "listen", absl::StrCat(address, " ", kPlaintextRefused));
  node.Check(
      !config.http_tokens_file.empty(), "listen",
      absl::StrCat(address, " is not on loopback, where `http.tokens_file` is needed unless `tls: off` is written"));
}

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
  ReadTls(root, config);
  root.Read("shutdown_grace", config.shutdown_grace, {.min = absl::ZeroDuration(), .max = absl::Minutes(10)});
  root.Read("crash_dir", config.crash_dir);
  ReadHttp(root.Section("http"), config);
  ReadWatchdog(root.Section("watchdog"), config);
}

}  // namespace tributary
