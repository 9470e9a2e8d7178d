#include "local/forward/proxy_list.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/log.h"
#include "common/hash/hash128.h"

namespace tributary {

ProxyList::ProxyList(std::vector<Address> names, absl::Duration refresh, DnsResolver& resolver,
                     OnAddresses on_addresses)
    : names_(std::move(names)),
      on_addresses_(std::move(on_addresses)),
      endpoints_(names_.size()),
      loop_(std::make_unique<EventLoop>("proxy-list")) {
  loop_->RunAfter(absl::ZeroDuration(), [this, refresh, &resolver] { LookUp(refresh, resolver); });
}

ProxyList::ProxyList(const Find& find, OnAddresses on_addresses) : on_addresses_(std::move(on_addresses)) {
  source_ = find([this](const MemberList& list) {
    std::set<std::string> found;
    for (const Member& member : list.members) found.insert(member.address);
    Tell({found.begin(), found.end()});
  });
}

void ProxyList::LookUp(absl::Duration refresh, DnsResolver& resolver) {
  std::set<std::string> found;
  for (size_t i = 0; i < names_.size(); ++i) {
    auto answer = resolver.Resolve(names_[i].host, names_[i].port);
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
  const bool known = Tell({found.begin(), found.end()});
  loop_->RunAfter(known ? refresh : absl::Seconds(1), [this, refresh, &resolver] { LookUp(refresh, resolver); });
}

bool ProxyList::Tell(std::vector<std::string> addresses) {
  MutexLock lock(mutex_);
  if (!addresses.empty() && addresses != addresses_) {
    addresses_ = std::move(addresses);
    on_addresses_(addresses_);
  }
  return !addresses_.empty();
}

std::vector<std::string> PreferredFirst(std::vector<std::string> addresses, absl::string_view host) {
  const uint64_t seed = Xxh3Hash64(host, 0);
  std::sort(addresses.begin(), addresses.end(), [&](const std::string& a, const std::string& b) {
    return std::pair(Xxh3Hash64(a, seed), a) > std::pair(Xxh3Hash64(b, seed), b);
  });
  return addresses;
}

}  // namespace tributary
