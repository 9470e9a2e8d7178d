#include "local/forward/proxy_list.h"

#include <set>
#include <utility>

#include "common/base/log.h"

namespace tributary {

ProxyList::ProxyList(std::vector<Address> names, absl::Duration refresh, DnsResolver& resolver,
                     OnAddresses on_addresses)
    : names_(std::move(names)),
      refresh_(refresh),
      resolver_(resolver),
      on_addresses_(std::move(on_addresses)),
      endpoints_(names_.size()) {
  loop_.RunAfter(absl::ZeroDuration(), [this] { LookUp(); });
}

void ProxyList::LookUp() {
  std::set<std::string> found;
  for (size_t i = 0; i < names_.size(); ++i) {
    auto answer = resolver_.Resolve(names_[i].host, names_[i].port);
    if (!answer.ok()) {
      TRIBUTARY_LOG_WARN("proxy {} does not resolve: {}", names_[i].HostPort(), std::string(answer.status().message()));
    } else if (!answer->empty()) {
      endpoints_[i] = *std::move(answer);
    }
    for (const Endpoint& endpoint : endpoints_[i]) {
      found.insert(
          Address{.kind = Address::Kind::kTcp, .host = endpoint.ip, .port = endpoint.port, .path = ""}.HostPort());
    }
  }
  std::vector<std::string> addresses(found.begin(), found.end());
  if (!addresses.empty() && addresses != addresses_) {
    addresses_ = std::move(addresses);
    on_addresses_(addresses_);
  }
  loop_.RunAfter(addresses_.empty() ? absl::Seconds(1) : refresh_, [this] { LookUp(); });
}

}  // namespace tributary
