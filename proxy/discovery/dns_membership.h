#pragma once

#include <string>

#include "common/net/dns_resolver.h"
#include "common/net/event_loop.h"
#include "proxy/discovery/dns_members.h"
#include "proxy/discovery/membership.h"

namespace tributary {

// Globals found in DNS, looked up each `refresh` on a thread of its own.
class DnsMembership : public Membership {
 public:
  struct Options {
    std::string service;  // SRV: "_grpc._tcp.globals.example"; else empty
    std::string host;     // A and AAAA
    int port = 0;         // with host
    absl::Duration refresh = absl::Seconds(10);
  };
  // `resolver` outlives it.
  DnsMembership(Options options, DnsResolver& resolver, OnMembers on_members);
  void Reload() override;

 private:
  void LookUp();

  const Options options_;
  DnsResolver& resolver_;
  const OnMembers on_members_;
  DnsMembers members_;               // owned by the loop
  EventLoop loop_{"membership", 8};  // last: it ends before what it uses
};

}  // namespace tributary
