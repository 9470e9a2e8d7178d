#include "proxy/proxy_config.h"

#include "absl/strings/str_cat.h"
#include "common/net/plaintext.h"

namespace tributary {

namespace {

void CheckPlaintext(ConfigNode node, absl::string_view key, const Address& address, const ProgramConfig& program) {
  node.Check(program.MayUse(address), key, absl::StrCat(address.HostPort(), " ", kPlaintextRefused));
}

void ReadGlobals(ConfigNode node, ProxyConfig& config) {
  const AddressCheck check = GlobalAddressCheck(config);
  ReadMembers(node, check, config.members);
  ReadDiscovery(node, check, config.globals);
  const int sources = config.globals.sources() + (config.members.empty() ? 0 : 1);
  node.Check(sources == 1, "members",
             "give the globals by one of `members`, `file`, `srv`, `dns`, `kubernetes` and `consul`");
  node.Read("confirm_removal", config.confirm_removal, {.min = absl::ZeroDuration(), .max = absl::Hours(24)});
}

void ReadQuery(ConfigNode node, ProxyConfig& config) {
  QueryRunner::Options& query = config.query;
  node.Read("max_concurrent", query.max_concurrent, {.min = 1, .max = 64});
  node.Read("timeout", query.default_timeout, {.min = absl::Milliseconds(100), .max = absl::Seconds(100)});
  node.Read("max_timeout", query.max_timeout, {.min = absl::Milliseconds(100), .max = absl::Seconds(100)});
  node.Check(query.default_timeout <= query.max_timeout, "timeout", "must not be more than query.max_timeout");
  node.Read("max_series", query.limits.max_series, {.min = 1, .max = 100'000});
  node.Read("max_samples", query.limits.max_samples, {.min = 1, .max = 1'000'000'000});
  node.Read("max_rows", query.limits.max_rows, {.min = 1, .max = 20'000'000});
  node.Read("max_points_per_series", query.limits.max_points_per_series, {.min = 1, .max = 11'000});
  node.ReadBytes("max_bytes_per_global", config.query_bytes_per_global, {.min = 64u << 10, .max = 1u << 30});
  node.ReadBytes("max_answer_bytes", query.max_answer_bytes, {.min = 1u << 10, .max = 1u << 30});
  config.http_handler_threads += query.max_concurrent;
}

}  // namespace

AddressCheck GlobalAddressCheck(const ProgramConfig& program) {
  return [program](ConfigNode node, absl::string_view key, const Address& address) {
    CheckPlaintext(node, key, address, program);
  };
}

absl::StatusOr<ProxyConfig> ReadProxyConfig(ConfigDocument& document) {
  ProxyConfig config;
  ConfigNode root = document.root();
  ReadProgramConfig(root, config);
  ConfigNode grpc = root.Section("grpc");
  if (ReadTcpAddress(grpc, "listen", config.grpc_listen)) CheckPlaintext(grpc, "listen", config.grpc_listen, config);
  grpc.Read("max_connections", config.max_connections, {.min = 1, .max = 100'000});
  grpc.ReadBytes("agent_queue_bytes", config.agent_queue_bytes, {.min = 1u << 20, .max = 1u << 30});
  grpc.ReadBytes("owner_queue_bytes", config.owner_queue_bytes, {.min = 4u << 20, .max = 4ull << 30});
  ReadQuery(root.Section("query"), config);
  ReadGlobals(root.Section("globals"), config);
  ReadServices(root, config.services);
  config.resources = ReadResources(root);
  if (const absl::Status status = document.ToStatus(); !status.ok()) return status;
  return config;
}

}  // namespace tributary
