#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/http_client.h"

namespace tributary {

// The Secrets of one namespace of Kubernetes, as a pod asks its API server for them.
//
// RBAC:    get and patch on the Secrets it is asked for, and create.
// Errors:  for the user: they name the Secret and what the server said. Aborted: somebody else changed it in between.
// Threads: thread-compatible.
class KubernetesSecrets {
 public:
  static constexpr size_t kMaxBytes = 4u << 20;  // of one; etcd takes 1.5 MiB

  struct Options {
    std::string api = "https://kubernetes.default.svc";
    std::string space;  // the namespace; empty: the one in `account`
    std::string account = "/var/run/secrets/kubernetes.io/serviceaccount";  // has token, ca.crt and namespace
  };
  struct Secret {
    std::string name;
    std::string type = "Opaque";  // fixed once it exists
    std::map<std::string, std::string> annotations = {};
    std::map<std::string, std::string> data = {};
    std::string version = {};  // as the server told it; empty: there is none yet

    bool exists() const { return !version.empty(); }
    // Empty when there is none of that name.
    const std::string& Data(const std::string& key) const;
  };

  // Reads token and namespace of the account.
  static absl::StatusOr<KubernetesSecrets> Open(Options options);

  // One that does not exist has its name only.
  absl::StatusOr<Secret> Get(const std::string& name);
  // Makes it, or changes the version it was got as; what others have put into that stays.
  absl::Status Put(const Secret& secret);

 private:
  KubernetesSecrets(Options options, std::string token) : options_(std::move(options)), token_(std::move(token)) {}
  absl::StatusOr<HttpReply> Ask(const std::string& method, const std::string& name, std::string body);

  Options options_;
  std::string token_;
  std::unique_ptr<HttpClient> client_ = std::make_unique<HttpClient>();
};

}  // namespace tributary
