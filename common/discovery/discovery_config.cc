#include "common/discovery/discovery_config.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/config/config_document.h"
#include "common/discovery/dns_source.h"
#include "common/discovery/file_source.h"

namespace tributary {

namespace {

constexpr absl::Duration kFilePoll = absl::Seconds(1);

const Address& Anywhere() {
  static const Address address{.kind = Address::Kind::kTcp, .host = "a found address", .port = 1, .path = ""};
  return address;
}

void ReadAddress(ConfigNode node, absl::string_view key, const std::string& text, Address& address, bool& usable) {
  absl::StatusOr<Address> parsed = ParseAddress(text);
  usable = parsed.ok() && parsed->kind == Address::Kind::kTcp && !parsed->host.empty();
  node.Check(usable || node.describing(), key, "must be host:port");
  if (usable) address = *std::move(parsed);
}

void CheckUrl(ConfigNode node, absl::string_view key, const std::string& url) {
  node.Check(absl::StartsWith(url, "http://") || absl::StartsWith(url, "https://"), key,
             "must start with http:// or https://");
}

void ReadKubernetes(ConfigNode node, KubernetesSource::Options& kubernetes) {
  node.Read("service", kubernetes.service);
  node.Read("namespace", kubernetes.space);
  node.Read("port", kubernetes.port);
  node.Read("api", kubernetes.api);
  node.Read("token_file", kubernetes.token_file);
  node.Read("ca_file", kubernetes.ca_file);
  CheckUrl(node, "api", kubernetes.api);
  if (kubernetes.service.empty()) return;
  node.Require("namespace");
  node.Require("port");
}

void ReadConsul(ConfigNode node, ConsulSource::Options& consul) {
  node.Read("service", consul.service);
  node.Read("url", consul.url);
  node.ReadSecret("token", consul.token);
  node.Read("ca_file", consul.ca_file);
  CheckUrl(node, "url", consul.url);
}

void ReadMember(ConfigNode node, const AddressCheck& check, std::set<std::string>& ids, std::vector<Member>& members) {
  Member member;
  Address address;
  std::string text;
  bool usable = false;
  node.Require("id");
  node.Require("address");
  node.Read("id", member.id);
  node.Read("address", text);
  if (node.Has("address") || node.describing()) ReadAddress(node, "address", text, address, usable);
  if (usable) check(node, "address", address);
  node.Read("weight", member.weight, {.min = kMinMemberWeight, .max = kMaxMemberWeight});
  node.Check(ids.insert(member.id).second, "id", absl::StrCat("'", member.id, "' is there twice"));
  member.address = address.HostPort();
  members.push_back(std::move(member));
}

// Reads the file again and again; one that was written before the last is not believed.
class MembersFile {
 public:
  MembersFile(std::string path, AddressCheck check) : path_(std::move(path)), check_(std::move(check)) {}

  absl::StatusOr<std::vector<Member>> Load() {
    TRIBUTARY_ASSIGN_OR_RETURN(ConfigDocument document, LoadYamlFile(path_));
    ConfigNode root = document.root();
    std::vector<Member> members;
    int64_t generation = 0;
    root.Read("generation", generation, {.min = 0});
    ReadMembers(root, check_, members);
    root.Check(generation >= generation_, "generation",
               absl::StrCat(generation, " is older than ", generation_, ", which was read before"));
    TRIBUTARY_RETURN_IF_ERROR(document.ToStatus());
    generation_ = generation;
    return members;
  }

 private:
  const std::string path_;
  const AddressCheck check_;
  int64_t generation_ = 0;
};

}  // namespace

void ReadDiscovery(ConfigNode node, const AddressCheck& check, DiscoveryConfig& config) {
  node.Read("file", config.file);
  node.Read("srv", config.srv);
  node.Read("dns", config.dns);
  ReadKubernetes(node.Section("kubernetes"), config.kubernetes);
  ReadConsul(node.Section("consul"), config.consul);
  node.Read("refresh", config.refresh, {.min = absl::Seconds(1), .max = absl::Minutes(10)});
  if (!config.srv.empty()) check(node, "srv", Anywhere());
  if (!config.kubernetes.service.empty()) check(node, "kubernetes", Anywhere());
  if (!config.consul.service.empty()) check(node, "consul", Anywhere());
  if (config.dns.empty()) return;
  Address address;
  bool usable = false;
  ReadAddress(node, "dns", config.dns, address, usable);
  if (usable) check(node, "dns", address);
}

void ReadMembers(ConfigNode node, const AddressCheck& check, std::vector<Member>& members) {
  std::set<std::string> ids;
  node.List("members", [&](ConfigNode item) { ReadMember(item, check, ids, members); });
}

std::unique_ptr<MemberSource> MakeMemberSource(const DiscoveryConfig& config, AddressCheck check, DnsResolver& resolver,
                                               Telemetry& telemetry, MemberSource::OnMembers on_members) {
  TRIBUTARY_CHECK(config.sources() == 1);
  if (!config.file.empty()) {
    const auto file = std::make_shared<MembersFile>(config.file, std::move(check));
    return std::make_unique<FileSource>(
        config.file, [file] { return file->Load(); }, kFilePoll, telemetry, std::move(on_members));
  }
  if (!config.kubernetes.service.empty()) {
    return std::make_unique<KubernetesSource>(config.kubernetes, telemetry, std::move(on_members));
  }
  if (!config.consul.service.empty()) {
    return std::make_unique<ConsulSource>(config.consul, telemetry, std::move(on_members));
  }
  DnsSource::Options options{.service = config.srv, .host = "", .port = 0, .refresh = config.refresh};
  if (const auto address = ParseAddress(config.dns); config.srv.empty() && address.ok()) {
    options.host = address->host;
    options.port = address->port;
  }
  return std::make_unique<DnsSource>(options, resolver, telemetry, std::move(on_members));
}

}  // namespace tributary
