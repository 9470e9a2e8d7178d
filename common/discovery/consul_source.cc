#include "common/discovery/consul_source.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/discovery/json.h"
#include "common/net/address.h"

namespace tributary {

namespace {

// Consul waits up to a sixteenth longer than it was asked to.
constexpr absl::Duration kSlack = absl::Seconds(40);
constexpr size_t kMaxAnswerBytes = 16u << 20;

std::optional<Member> MemberIn(const Json& entry) {
  const Json& service = At(entry, "Service");
  std::string host = Text(At(service, "Address"));
  if (host.empty()) host = Text(At(At(entry, "Node"), "Address"));
  const Json& port = At(service, "Port");
  Member member{.id = Text(At(service, "ID")), .address = "", .weight = 1};
  if (host.empty() || member.id.empty() || !port.is_number_integer()) return std::nullopt;
  const auto number = port.get<int64_t>();
  if (number <= 0 || number > 65535) return std::nullopt;
  member.address =
      Address{.kind = Address::Kind::kTcp, .host = host, .port = static_cast<int>(number), .path = ""}.HostPort();
  const Json& weight = At(At(service, "Weights"), "Passing");
  if (weight.is_number()) member.weight = std::clamp(weight.get<double>(), kMinMemberWeight, kMaxMemberWeight);
  return member;
}

}  // namespace

absl::StatusOr<MemberList> ParseConsulHealth(absl::string_view answer) {
  const Json json = ParseJson(answer);
  if (!json.is_array()) return absl::InvalidArgumentError("the answer is no list of service instances");
  std::map<std::string, Member> by_id;
  for (const Json& entry : json) {
    if (std::optional<Member> member = MemberIn(entry)) by_id.try_emplace(member->id, *member);
  }
  MemberList list;
  for (auto& [id, member] : by_id) list.members.push_back(std::move(member));
  return list;
}

uint64_t NextConsulIndex(uint64_t index, absl::string_view header) {
  uint64_t next = 0;
  if (!absl::SimpleAtoi(header, &next)) return 0;
  return next < index ? 0 : next;
}

ConsulSource::ConsulSource(Options options, Telemetry& telemetry, OnMembers on_members)
    : options_(std::move(options)),
      on_members_(std::move(on_members)),
      metrics_(telemetry, "consul"),
      loop_(metrics_, [this](HttpClient& client) { return Ask(client); }) {}

absl::Status ConsulSource::Ask(HttpClient& client) {
  HttpFetch fetch;
  fetch.url = absl::StrCat(options_.url, "/v1/health/service/", options_.service, "?passing=1&index=", index_,
                           "&wait=", absl::ToInt64Seconds(options_.wait), "s");
  if (!options_.token.empty()) fetch.headers = {{"X-Consul-Token", options_.token}};
  fetch.ca_file = options_.ca_file;
  fetch.timeout = options_.wait + options_.wait / 16 + kSlack;
  fetch.max_response_bytes = kMaxAnswerBytes;
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpReply reply, client.Fetch(fetch));
  if (reply.status != 200) {
    index_ = 0;
    return absl::UnavailableError(absl::StrCat("Consul's service ", options_.service, ": HTTP ", reply.status));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(MemberList found, ParseConsulHealth(reply.body));
  index_ = NextConsulIndex(index_, reply.Header("x-consul-index"));
  metrics_.members.Set(static_cast<double>(found.members.size()));
  if (found.members.empty()) return absl::OkStatus();
  if (told_ != found) {
    told_ = std::move(found);
    on_members_(*told_);
  }
  return absl::OkStatus();
}

}  // namespace tributary
