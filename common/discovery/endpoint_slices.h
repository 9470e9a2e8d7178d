#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/discovery/member_source.h"

namespace tributary {

// The EndpointSlices of one Kubernetes service (discovery.k8s.io/v1), kept up by a list and the watch that follows it.
//
// Ids:      the pod's name, else the endpoint's hostname, else its address. One that is in several slices counts once,
//           ready rather than not.
// Standing: `ready` is a member. Who serves and terminates, or is not ready yet, is among the others: it keeps its open
//           intervals, and hears the agents before it joins.
// Ports:    a number, or the name of one of the slice's.
// Bounds:   kMaxSlices. The bytes may be anything.
// Threads:  thread-compatible.
class EndpointSlices {
 public:
  static constexpr size_t kMaxSlices = 4096;

  explicit EndpointSlices(std::string port) : port_(std::move(port)) {}

  // The answer to a list: forgets every slice that is not in it.
  absl::Status Replace(absl::string_view list);
  // One event of a watch. OutOfRange: the server has forgotten where we were (410), so list anew.
  absl::Status Apply(absl::string_view event);

  // Where to go on watching; empty: list first.
  const std::string& resource_version() const { return resource_version_; }
  void ForgetVersion() { resource_version_.clear(); }
  MemberList members() const;

 private:
  struct Endpoint {
    Member member;
    bool is_ready = false;
  };
  struct Parser;

  const std::string port_;
  std::string resource_version_;
  std::map<std::string, std::vector<Endpoint>> slices_;  // by name
};

}  // namespace tributary
