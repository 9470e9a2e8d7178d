#include "common/net/dns_resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {
namespace {

// Far more than kMaxEndpoints SRV records take; a UDP or TCP answer cannot be larger.
constexpr size_t kMaxAnswerBytes = 65536;

std::string IpOf(const addrinfo& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* ip = address.ai_family == AF_INET6
                       ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(address.ai_addr)->sin6_addr)
                       : static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(address.ai_addr)->sin_addr);
  inet_ntop(address.ai_family, ip, text, sizeof text);
  return text;
}

void SortUnique(std::vector<Endpoint>& endpoints) {
  const auto key = [](const Endpoint& e) { return std::tie(e.name, e.ip, e.port); };
  std::sort(endpoints.begin(), endpoints.end(), [&](const Endpoint& a, const Endpoint& b) { return key(a) < key(b); });
  endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
  if (endpoints.size() > DnsResolver::kMaxEndpoints) endpoints.resize(DnsResolver::kMaxEndpoints);
}

// The raw answer of the name server. A resolver state of its own makes it safe in any thread.
absl::StatusOr<std::string> QuerySrv(const std::string& service) {
  struct __res_state state {};
  if (res_ninit(&state) != 0) return absl::UnavailableError("cannot read resolv.conf");
  std::string answer(kMaxAnswerBytes, '\0');
  const int size = res_nquery(&state, service.c_str(), ns_c_in, ns_t_srv,
                              reinterpret_cast<unsigned char*>(answer.data()), static_cast<int>(answer.size()));
  const int error = state.res_h_errno;
  res_nclose(&state);
  if (size < 0) {
    return error == HOST_NOT_FOUND || error == NO_DATA ? absl::NotFoundError(hstrerror(error))
                                                       : absl::UnavailableError(hstrerror(error));
  }
  answer.resize(std::min(static_cast<size_t>(size), answer.size()));
  return answer;
}

}  // namespace

absl::StatusOr<std::vector<Endpoint>> SystemDnsResolver::Resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &first);
  if (error != 0) {
    const std::string message = absl::StrCat("resolve ", host, ": ", gai_strerror(error));
    return error == EAI_NONAME || error == EAI_NODATA ? absl::NotFoundError(message) : absl::UnavailableError(message);
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(first, freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* next = first; next != nullptr; next = next->ai_next) {
    if (next->ai_family != AF_INET && next->ai_family != AF_INET6) continue;
    endpoints.push_back({.name = host, .ip = IpOf(*next), .port = port});
  }
  SortUnique(endpoints);
  return endpoints;
}

absl::StatusOr<std::vector<Endpoint>> SystemDnsResolver::ResolveService(const std::string& service) {
  const std::string context = absl::StrCat("resolve SRV ", service);
  const absl::StatusOr<std::string> answer = QuerySrv(service);
  if (!answer.ok()) return Annotate(answer.status(), context);
  const absl::StatusOr<std::vector<SrvTarget>> targets = ParseSrvAnswer(*answer);
  if (!targets.ok()) return Annotate(targets.status(), context);

  std::vector<Endpoint> endpoints;
  absl::Status failure = absl::NotFoundError("no targets");
  for (const SrvTarget& target : *targets) {
    absl::StatusOr<std::vector<Endpoint>> resolved = Resolve(target.host, target.port);
    if (!resolved.ok()) {
      failure = resolved.status();
      continue;
    }
    for (Endpoint& endpoint : *resolved) {
      endpoint.weight = target.weight;
      endpoints.push_back(std::move(endpoint));
    }
  }
  if (endpoints.empty()) return Annotate(failure, context);
  SortUnique(endpoints);
  return endpoints;
}

absl::StatusOr<std::vector<SrvTarget>> ParseSrvAnswer(absl::string_view packet) {
  constexpr size_t kFixedBytes = 6;  // priority, weight, port
  ns_msg message;
  const auto* bytes = reinterpret_cast<const unsigned char*>(packet.data());
  if (packet.empty() || ns_initparse(bytes, static_cast<int>(packet.size()), &message) != 0) {
    return absl::UnavailableError("the answer is not a DNS message");
  }
  std::vector<SrvTarget> targets;
  for (int i = 0; i < ns_msg_count(message, ns_s_an) && targets.size() < DnsResolver::kMaxEndpoints; ++i) {
    ns_rr record;
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return absl::UnavailableError("a broken record in the answer");
    if (ns_rr_type(record) != ns_t_srv || ns_rr_rdlen(record) <= kFixedBytes) continue;
    char host[NS_MAXDNAME];
    if (dn_expand(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record) + kFixedBytes, host, sizeof host) <
        0) {
      return absl::UnavailableError("a broken name in the answer");
    }
    if (host[0] == '\0') continue;  // "." says that the service is decidedly not there
    const unsigned char* data = ns_rr_rdata(record);
    targets.push_back(
        {.host = host, .port = static_cast<int>(ns_get16(data + 4)), .weight = static_cast<int>(ns_get16(data + 2))});
  }
  return targets;
}

}  // namespace tributary
