#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/discovery/member_source.h"
#include "common/net/address.h"
#include "common/net/dns_resolver.h"
#include "common/net/event_loop.h"

namespace tributary {

// The proxies behind a list of names, looked up again and again on a thread of its own, or whom a source finds. A name
// that does not resolve keeps the addresses it had.
class ProxyList {
 public:
  // host:port each, sorted, without repeats, not empty. Called on another thread, after each change.
  using OnAddresses = std::function<void(std::vector<std::string>)>;
  using Find = std::function<std::unique_ptr<MemberSource>(MemberSource::OnMembers)>;

  // Each `refresh`; each second as long as nothing resolves. `resolver` outlives it.
  ProxyList(std::vector<Address> names, absl::Duration refresh, DnsResolver& resolver, OnAddresses on_addresses);
  ProxyList(const Find& find, OnAddresses on_addresses);

 private:
  void LookUp(absl::Duration refresh, DnsResolver& resolver);
  // False as long as nobody is known.
  bool Tell(std::vector<std::string> addresses);

  const std::vector<Address> names_;
  const OnAddresses on_addresses_;
  Mutex mutex_;
  std::vector<std::string> addresses_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::vector<Endpoint>> endpoints_;  // by name; owned by the loop
  // Last: they end before what they use.
  std::unique_ptr<MemberSource> source_;
  std::unique_ptr<EventLoop> loop_;
};

// `addresses`, best first for `host`: hosts spread evenly over them, and one that is added takes its share of hosts
// from each other and changes nothing else (rendezvous hashing).
std::vector<std::string> PreferredFirst(std::vector<std::string> addresses, absl::string_view host);

}  // namespace tributary
