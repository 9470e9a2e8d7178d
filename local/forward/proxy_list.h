#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/net/address.h"
#include "common/net/dns_resolver.h"
#include "common/net/event_loop.h"

namespace tributary {

// The proxies behind a list of names, looked up again and again on a thread of its own. A name that does not resolve
// keeps the addresses it had.
class ProxyList {
 public:
  // "ip:port" each, sorted, without repeats, not empty. Called on this list's thread, after each change.
  using OnAddresses = std::function<void(std::vector<std::string>)>;

  // Each `refresh`; each second as long as nothing resolves. `resolver` outlives it.
  ProxyList(std::vector<Address> names, absl::Duration refresh, DnsResolver& resolver, OnAddresses on_addresses);

 private:
  void LookUp();

  const std::vector<Address> names_;
  const absl::Duration refresh_;
  DnsResolver& resolver_;
  const OnAddresses on_addresses_;

  // Owned by the loop.
  std::vector<std::vector<Endpoint>> endpoints_;  // by name
  std::vector<std::string> addresses_;
  EventLoop loop_{"proxy-list"};  // last: it ends before what it uses
};

}  // namespace tributary
