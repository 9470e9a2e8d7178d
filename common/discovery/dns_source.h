#pragma once

#include <string>

#include "absl/random/random.h"
#include "common/discovery/dns_members.h"
#include "common/discovery/member_source.h"
#include "common/net/dns_resolver.h"
#include "common/net/event_loop.h"

namespace tributary {

// Members found in DNS, looked up about each `refresh` on a thread of its own.
class DnsSource : public MemberSource {
 public:
  struct Options {
    std::string service;  // SRV: "_grpc._tcp.globals.example"; else empty
    std::string host;     // A and AAAA
    int port = 0;         // with host
    absl::Duration refresh = absl::Seconds(10);
  };
  // `resolver` outlives it.
  DnsSource(Options options, DnsResolver& resolver, Telemetry& telemetry, OnMembers on_members);
  void Reload() override;

 private:
  void LookUp();

  const Options options_;
  DnsResolver& resolver_;
  const OnMembers on_members_;
  DiscoveryMetrics metrics_;
  absl::BitGen random_;            // owned by the loop, as is
  DnsMembers members_;             // this, and
  EventLoop::TimerId next_ = 0;    // this
  EventLoop loop_{"members", 64};  // last: it ends before what it uses
};

}  // namespace tributary
