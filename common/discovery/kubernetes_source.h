#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/discovery/endpoint_slices.h"
#include "common/discovery/member_source.h"
#include "common/discovery/watch_loop.h"

namespace tributary {

// The endpoints of a Kubernetes service, by the API server: a list of its EndpointSlices, then a watch with bookmarks
// from there on, again and again. A watch that the server has forgotten (410) or that tells nonsense begins anew with a
// list. The token is read for each request, for it is rotated.
//
// RBAC:    get, list, watch on endpointslices.discovery.k8s.io in the namespace.
// Bounds:  a list kMaxListBytes, an event kMaxEventBytes.
class KubernetesSource : public MemberSource {
 public:
  static constexpr size_t kMaxListBytes = 16u << 20;
  static constexpr size_t kMaxEventBytes = 4u << 20;

  struct Options {
    std::string api = "https://kubernetes.default.svc";
    std::string space;    // the namespace
    std::string service;  // its name
    std::string port;     // a number, or a name of the service's ports
    std::string token_file = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    std::string ca_file = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
    absl::Duration watch = absl::Minutes(5);  // at most so long by one request
  };
  KubernetesSource(Options options, Telemetry& telemetry, OnMembers on_members);
  void Reload() override {}  // the watch tells everything

 private:
  absl::Status Ask(HttpClient& client);
  absl::Status List(HttpClient& client);
  absl::Status Watch(HttpClient& client);
  absl::StatusOr<HttpFetch> Request(absl::string_view parameters) const;
  void Tell();

  const Options options_;
  const OnMembers on_members_;
  DiscoveryMetrics metrics_;
  // Owned by the watch's thread.
  EndpointSlices slices_;
  std::optional<MemberList> told_;
  WatchLoop loop_;  // last: it ends before what it uses
};

}  // namespace tributary
