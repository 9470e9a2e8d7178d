#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/discovery/member_source.h"
#include "common/discovery/watch_loop.h"

namespace tributary {

// The passing instances of a Consul service, by blocking queries of its health endpoint. Ids are the service ids, which
// are to be the nodes' own; weights are those for passing instances.
class ConsulSource : public MemberSource {
 public:
  struct Options {
    std::string url = "http://127.0.0.1:8500";
    std::string service;
    std::string token;                       // X-Consul-Token; empty: none
    std::string ca_file;                     // with https; empty: the system's
    absl::Duration wait = absl::Minutes(5);  // at most so long by one query
  };
  ConsulSource(Options options, Telemetry& telemetry, OnMembers on_members);
  void Reload() override {}  // the query under way tells every change

 private:
  absl::Status Ask(HttpClient& client);

  const Options options_;
  const OnMembers on_members_;
  DiscoveryMetrics metrics_;
  // Owned by the watch's thread.
  uint64_t index_ = 0;
  std::optional<MemberList> told_;
  WatchLoop loop_;  // last: it ends before what it uses
};

// The answer of /v1/health/service. The bytes may be anything.
absl::StatusOr<MemberList> ParseConsulHealth(absl::string_view answer);

// What to ask for next: X-Consul-Index, but 0, which asks anew, when it went backwards or makes no sense.
uint64_t NextConsulIndex(uint64_t index, absl::string_view header);

}  // namespace tributary
