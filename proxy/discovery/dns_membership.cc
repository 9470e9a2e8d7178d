#include "proxy/discovery/dns_membership.h"

#include <utility>

#include "common/base/log.h"

namespace tributary {

DnsMembership::DnsMembership(Options options, DnsResolver& resolver, OnMembers on_members)
    : options_(std::move(options)),
      resolver_(resolver),
      on_members_(std::move(on_members)),
      members_(/*by_name=*/!options_.service.empty()) {
  Reload();
  loop_.RunEvery(options_.refresh, [this] { LookUp(); });
}

void DnsMembership::Reload() {
  if (!loop_.TryPost([this] { LookUp(); })) return;  // look-ups wait already
}

void DnsMembership::LookUp() {
  const auto answer = options_.service.empty() ? resolver_.Resolve(options_.host, options_.port)
                                               : resolver_.ResolveService(options_.service);
  if (!answer.ok()) {
    TRIBUTARY_LOG_WARN("membership stays as it is: {}", std::string(answer.status().message()));
  }
  if (auto members = members_.Observe(answer)) on_members_(*std::move(members));
}

}  // namespace tributary
