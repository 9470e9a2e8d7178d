#include "proxy/proxy_config.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/rpc/plaintext.h"

namespace tributary {

namespace {

void CheckPlaintext(ConfigNode node, absl::string_view key, const Address& address, bool tls_off) {
  node.Check(tls_off || IsLoopback(address), key, absl::StrCat(address.HostPort(), " ", kPlaintextRefused));
}

void ReadMember(ConfigNode node, bool tls_off, std::set<std::string>& ids, std::vector<Member>& members) {
  Member member;
  Address address;
  node.Require("id");
  node.Require("address");
  node.Read("id", member.id);
  if ((node.Has("address") || node.describing()) && ReadTcpAddress(node, "address", address)) {
    CheckPlaintext(node, "address", address, tls_off);
  }
  node.Read("weight", member.weight, {.min = kMinMemberWeight, .max = kMaxMemberWeight});
  node.Check(ids.insert(member.id).second, "id", absl::StrCat("'", member.id, "' is there twice"));
  member.address = address.HostPort();
  members.push_back(std::move(member));
}

void ReadGlobals(ConfigNode node, bool tls_off, ProxyConfig& config) {
  std::set<std::string> ids;
  node.List("members", [&](ConfigNode item) { ReadMember(item, tls_off, ids, config.members); });
  node.Read("srv", config.srv);
  node.Read("dns", config.dns);
  node.Read("refresh", config.refresh, {.min = absl::Seconds(1), .max = absl::Minutes(10)});
  const int sources = (config.members.empty() ? 0 : 1) + (config.srv.empty() ? 0 : 1) + (config.dns.empty() ? 0 : 1);
  node.Check(sources == 1, "members", "give the globals by one of `members`, `srv` and `dns`");
  node.Check(config.srv.empty() || tls_off, "srv", absl::StrCat("the target ", kPlaintextRefused));
  if (config.dns.empty()) return;
  const absl::StatusOr<Address> address = ParseAddress(config.dns);
  const bool named = address.ok() && address->kind == Address::Kind::kTcp && !address->host.empty();
  node.Check(named, "dns", "must be host:port");
  if (named) CheckPlaintext(node, "dns", *address, tls_off);
}

}  // namespace

absl::StatusOr<ProxyConfig> ReadProxyConfig(ConfigDocument& document) {
  ProxyConfig config;
  ConfigNode root = document.root();
  ReadProgramConfig(root, config);
  ConfigNode grpc = root.Section("grpc");
  if (ReadTcpAddress(grpc, "listen", config.grpc_listen))
    CheckPlaintext(grpc, "listen", config.grpc_listen, config.tls_off);
  grpc.Read("max_agents", config.max_agents, {.min = 1, .max = 100'000});
  grpc.ReadBytes("agent_queue_bytes", config.agent_queue_bytes, {.min = 1u << 20, .max = 1u << 30});
  grpc.ReadBytes("owner_queue_bytes", config.owner_queue_bytes, {.min = 4u << 20, .max = 4ull << 30});
  ReadGlobals(root.Section("globals"), config.tls_off, config);
  if (const absl::Status status = document.ToStatus(); !status.ok()) return status;
  return config;
}

}  // namespace tributary
