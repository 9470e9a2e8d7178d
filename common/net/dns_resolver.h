#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// One place a name leads to.
struct Endpoint {
  std::string name = {};  // the host name that was looked up: for SRV its target, which is stable where the IP is not
  std::string ip = {};
  int port = 0;
  int weight = 0;  // of the SRV record, relative to the others; 0 where there is none

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Looks names up. Calls block, up to the system resolver's own timeouts (seconds): callers bring their own thread.
// Answers are sorted by (name, ip, port), without repeats, at most kMaxEndpoints. A name that does not exist is
// NotFound, no answer from the name server is Unavailable. Thread-safe.
class DnsResolver {
 public:
  static constexpr size_t kMaxEndpoints = 1024;

  virtual ~DnsResolver() = default;
  // A and AAAA records of `host`, which may be an IP address itself.
  virtual absl::StatusOr<std::vector<Endpoint>> Resolve(const std::string& host, int port) = 0;
  // The SRV record `service` ("_grpc._tcp.globals.example"), then the addresses of its targets. Targets that do not
  // resolve are left out; it is an error when none does.
  virtual absl::StatusOr<std::vector<Endpoint>> ResolveService(const std::string& service) = 0;
};

// getaddrinfo and libresolv, that is resolv.conf, /etc/hosts and nsswitch.
class SystemDnsResolver : public DnsResolver {
 public:
  absl::StatusOr<std::vector<Endpoint>> Resolve(const std::string& host, int port) override;
  absl::StatusOr<std::vector<Endpoint>> ResolveService(const std::string& service) override;
};

struct SrvTarget {
  std::string host = {};
  int port = 0;
  int weight = 0;

  friend bool operator==(const SrvTarget&, const SrvTarget&) = default;
};

// The SRV records of a DNS answer (RFC 1035 section 4.1, RFC 2782); other records are skipped. The bytes may
// be anything.
absl::StatusOr<std::vector<SrvTarget>> ParseSrvAnswer(absl::string_view packet);

}  // namespace tributary
