#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/config_node.h"
#include "common/discovery/consul_source.h"
#include "common/discovery/kubernetes_source.h"
#include "common/discovery/member_source.h"
#include "common/net/address.h"
#include "common/net/dns_resolver.h"

namespace tributary {

// Where the members of a tier are to be found: at most one of these.
struct DiscoveryConfig {
  std::string file;  // a YAML file of its own: `generation`, and `members` as in the configuration
  std::string srv;   // an SRV record; ids are the first labels of its targets
  std::string dns;   // host:port, A and AAAA records; ids are the addresses
  KubernetesSource::Options kubernetes;
  ConsulSource::Options consul;
  absl::Duration refresh = absl::Seconds(10);  // of srv and dns

  int sources() const {
    return (file.empty() ? 0 : 1) + (srv.empty() ? 0 : 1) + (dns.empty() ? 0 : 1) +
           (kubernetes.service.empty() ? 0 : 1) + (consul.service.empty() ? 0 : 1);
  }
};

// What must hold of an address besides; the error of one where it does not.
using AddressCheck = std::function<void(ConfigNode node, absl::string_view key, const Address& address)>;

// Reads the keys of `config` in this section. What srv, kubernetes and consul name is not known yet, so `check` is
// asked about them with a host that is nowhere near.
void ReadDiscovery(ConfigNode node, const AddressCheck& check, DiscoveryConfig& config);

// Reads the list `members` of this section: id, address, weight.
void ReadMembers(ConfigNode node, const AddressCheck& check, std::vector<Member>& members);

// REQUIRES: one source. What outlives the source: `resolver`, `telemetry`.
std::unique_ptr<MemberSource> MakeMemberSource(const DiscoveryConfig& config, AddressCheck check, DnsResolver& resolver,
                                               Telemetry& telemetry, MemberSource::OnMembers on_members);

}  // namespace tributary
