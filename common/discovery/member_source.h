#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/hash/view.h"
#include "common/telemetry/telemetry.h"

namespace tributary {

// Whom a source names: the globals, or the proxies.
struct MemberList {
  std::vector<Member> members;      // by id
  std::vector<Member> others = {};  // by id; they start or stop: within reach, but not to be given anything new

  friend bool operator==(const MemberList&, const MemberList&) = default;
};

// Knows the members of a tier, as configuration or some directory names them. Calls `on_members` with the whole list
// once it knows one and after each change, on a thread of its own or that of Reload. What fails, or comes out empty,
// changes nothing; it is logged and counted. Ends with its destruction. Thread-safe.
class MemberSource {
 public:
  using OnMembers = std::function<void(MemberList)>;

  virtual ~MemberSource() = default;
  // Looks again now: SIGHUP.
  virtual void Reload() = 0;
};

// What the sources of a process count. `source` is file, dns, kubernetes or consul.
struct DiscoveryMetrics {
  DiscoveryMetrics(Telemetry& telemetry, absl::string_view source)
      : failures(telemetry.AddCounter("tributary_discovery_failures_total",
                                      "Answers and files that were of no use: the members stayed as they were.",
                                      {{"source", std::string(source)}})),
        members(telemetry.AddGauge("tributary_discovery_members", "Found last, and ready.",
                                   {{"source", std::string(source)}})) {}
  Counter& failures;
  Gauge& members;
};

}  // namespace tributary
