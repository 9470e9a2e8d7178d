#include "proxy/proxy_config.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/net/plaintext.h"

namespace tributary {

namespace {

void CheckPlaintext(ConfigNode node, absl::string_view key, const Address& address, const ProgramConfig& program) {
  node.Check(program.MayUse(address), key, absl::StrCat(address.HostPort(), " ", kPlaintextRefused));
}

void ReadMember(ConfigNode node, const ProgramConfig& program, std::set<std::string>& ids,
                std::vector<Member>& members) {
  Member member;
  Address address;
  node.Require("id");
  node.Require("address");
  node.Read("id", member.id);
  if ((node.Has("address") || node.describing()) && ReadTcpAddress(node, "address", address)) {
    CheckPlaintext(node, "address", address, program);
  }
  node.Read("weight", member.weight, {.min = kMinMemberWeight, .max = kMaxMemberWeight});
  node.Check(ids.insert(member.id).second, "id", absl::StrCat("'", member.id, "' is there twice"));
  member.address = address.HostPort();
  members.push_back(std::move(member));
}

void ReadGlobals(ConfigNode node, ProxyConfig& config) {
  std::set<std::string> ids;
  node.List("members", [&](ConfigNode item) { ReadMember(item, config, ids, config.members); });
  node.Read("srv", config.srv);
  node.Read("dns", config.dns);
  node.Read("refresh", config.refresh, {.min = absl::Seconds(1), .max = absl::Minutes(10)});
  const int sources = (config.members.empty() ? 0 : 1) + (config.srv.empty() ? 0 : 1) + (config.dns.empty() ? 0 : 1);
  node.Check(sources == 1, "members", "give the globals by one of `members`, `srv` and `dns`");
  node.Check(config.srv.empty() || config.tls_off || config.tls.configured(), "srv",
             absl::StrCat("the target ", kPlaintextRefused));
  if (config.dns.empty()) return;
  const absl::StatusOr<Address> address = ParseAddress(config.dns);
  const bool named = address.ok() && address->kind == Address::Kind::kTcp && !address->host.empty();
  node.Check(named, "dns", "must be host:port");
  if (named) CheckPlaintext(node, "dns", *address, config);
}

}  // namespace

absl::StatusOr<ProxyConfig> ReadProxyConfig(ConfigDocument& document) {
  ProxyConfig config;
  ConfigNode root = document.root();
  ReadProgramConfig(root, config);
  ConfigNode grpc = root.Section("grpc");
  if (ReadTcpAddress(grpc, "listen", config.grpc_listen)) CheckPlaintext(grpc, "listen", config.grpc_listen, config);
  grpc.Read("max_agents", config.max_agents, {.min = 1, .max = 100'000});
  grpc.ReadBytes("agent_queue_bytes", config.agent_queue_bytes, {.min = 1u << 20, .max = 1u << 30});
  grpc.ReadBytes("owner_queue_bytes", config.owner_queue_bytes, {.min = 4u << 20, .max = 4ull << 30});
  ReadGlobals(root.Section("globals"), config);
  if (const absl::Status status = document.ToStatus(); !status.ok()) return status;
  return config;
}

}  // namespace tributary
