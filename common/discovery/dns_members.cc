#include "common/discovery/dns_members.h"

#include <algorithm>

#include "common/net/address.h"

namespace tributary {

namespace {

std::string FirstLabel(const std::string& name) { return name.substr(0, name.find('.')); }

}  // namespace

std::optional<std::vector<Member>> DnsMembers::Observe(const absl::StatusOr<std::vector<Endpoint>>& answer) {
  if (!answer.ok() || answer->empty()) return std::nullopt;
  const std::map<std::string, Member> present = Name(*answer);
  for (const auto& [id, member] : present) seen_[id] = {member, 0};
  for (auto& [id, seen] : seen_) {
    if (!present.contains(id)) ++seen.absences;
  }
  std::erase_if(seen_, [](const auto& entry) { return entry.second.absences >= kAbsences; });
  std::vector<Member> members;
  for (const auto& [id, seen] : seen_) members.push_back(seen.member);
  return members;
}

std::map<std::string, Member> DnsMembers::Name(const std::vector<Endpoint>& endpoints) const {
  std::map<std::string, std::string> label_owner;  // first label -> name, or "" when several names share it
  for (const Endpoint& endpoint : endpoints) {
    const auto [it, is_new] = label_owner.try_emplace(FirstLabel(endpoint.name), endpoint.name);
    if (!is_new && it->second != endpoint.name) it->second.clear();
  }
  double mean = 0;
  for (const Endpoint& endpoint : endpoints) mean += endpoint.weight;
  mean /= static_cast<double>(endpoints.size());
  std::map<std::string, Member> members;
  for (const Endpoint& endpoint : endpoints) {
    const std::string label = FirstLabel(endpoint.name);
    const std::string& name = label_owner[label].empty() ? endpoint.name : label;
    const std::string id = by_name_ ? name : endpoint.ip;
    const Address address{.kind = Address::Kind::kTcp, .host = endpoint.ip, .port = endpoint.port, .path = ""};
    const double weight = mean == 0 ? 1 : std::clamp(endpoint.weight / mean, kMinMemberWeight, kMaxMemberWeight);
    members.try_emplace(id, Member{.id = id, .address = address.HostPort(), .weight = weight});
  }
  return members;
}

}  // namespace tributary
