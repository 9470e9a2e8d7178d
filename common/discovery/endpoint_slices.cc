#include "common/discovery/endpoint_slices.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/discovery/json.h"
#include "common/net/address.h"

namespace tributary {

namespace {

constexpr int kGone = 410;

bool Flag(const Json& value, bool unless_told) { return value.is_boolean() ? value.get<bool>() : unless_told; }

}  // namespace

struct EndpointSlices::Parser {
  const std::string& wanted_port;

  int PortOf(const Json& slice) const {
    int number = 0;
    if (absl::SimpleAtoi(wanted_port, &number)) return number;
    for (const Json& port : At(slice, "ports")) {
      const Json& found = At(port, "port");
      if (Text(At(port, "name")) == wanted_port && found.is_number_integer()) return found.get<int>();
    }
    return 0;
  }

  static std::string IdOf(const Json& endpoint, const std::string& address) {
    std::string id = Text(At(At(endpoint, "targetRef"), "name"));
    if (id.empty()) id = Text(At(endpoint, "hostname"));
    return id.empty() ? address : id;
  }

  std::vector<Endpoint> EndpointsOf(const Json& slice) const {
    std::vector<Endpoint> endpoints;
    const int port = PortOf(slice);
    if (port <= 0 || port > 65535 || Text(At(slice, "addressType")) == "FQDN") return endpoints;
    for (const Json& found : At(slice, "endpoints")) {
      const Json& addresses = At(found, "addresses");
      const std::string ip = addresses.is_array() && !addresses.empty() ? Text(addresses[0]) : "";
      if (ip.empty()) continue;
      const Json& conditions = At(found, "conditions");
      const bool is_ready = Flag(At(conditions, "ready"), true) && !Flag(At(conditions, "terminating"), false);
      const Address address{.kind = Address::Kind::kTcp, .host = ip, .port = port, .path = ""};
      endpoints.push_back({{.id = IdOf(found, ip), .address = address.HostPort(), .weight = 1}, is_ready});
    }
    return endpoints;
  }
};

absl::Status EndpointSlices::Replace(absl::string_view list) {
  const Json json = ParseJson(list);
  const std::string version = Text(At(At(json, "metadata"), "resourceVersion"));
  const Json& items = At(json, "items");
  if (version.empty() || !(items.is_array() || items.is_null())) {
    return absl::InvalidArgumentError("the answer is no list of EndpointSlices");
  }
  if (items.size() > kMaxSlices) return absl::ResourceExhaustedError("too many EndpointSlices");
  slices_.clear();
  for (const Json& slice : items) slices_[Text(At(At(slice, "metadata"), "name"))] = Parser{port_}.EndpointsOf(slice);
  resource_version_ = version;
  return absl::OkStatus();
}

absl::Status EndpointSlices::Apply(absl::string_view event) {
  const Json json = ParseJson(event);
  const std::string type = Text(At(json, "type"));
  const Json& object = At(json, "object");
  if (type == "ERROR") {
    const std::string message = absl::StrCat("the watch ends: ", Text(At(object, "message")));
    const Json& code = At(object, "code");
    const bool is_gone = code.is_number_integer() && code.get<int>() == kGone;
    return is_gone ? absl::OutOfRangeError(message) : absl::UnavailableError(message);
  }
  const std::string version = Text(At(At(object, "metadata"), "resourceVersion"));
  if (version.empty()) return absl::InvalidArgumentError("the watch told something that is no event");
  const std::string name = Text(At(At(object, "metadata"), "name"));
  if (type == "DELETED") {
    slices_.erase(name);
  } else if (type == "ADDED" || type == "MODIFIED") {
    if (slices_.size() >= kMaxSlices && !slices_.contains(name)) {
      return absl::ResourceExhaustedError("too many EndpointSlices");
    }
    slices_[name] = Parser{port_}.EndpointsOf(object);
  }  // else a bookmark: the version is all there is to it
  resource_version_ = version;
  return absl::OkStatus();
}

MemberList EndpointSlices::members() const {
  std::map<std::string, Endpoint> by_id;
  for (const auto& [name, endpoints] : slices_) {
    for (const Endpoint& endpoint : endpoints) {
      const auto [known, is_new] = by_id.try_emplace(endpoint.member.id, endpoint);
      if (!is_new && endpoint.is_ready && !known->second.is_ready) known->second = endpoint;
    }
  }
  MemberList list;
  for (auto& [id, endpoint] : by_id) {
    (endpoint.is_ready ? list.members : list.others).push_back(std::move(endpoint.member));
  }
  return list;
}

}  // namespace tributary
