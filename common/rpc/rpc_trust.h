#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/net/rpc_refusals.h"
#include "common/net/tls_files.h"
#include "common/net/tls_identity.h"

namespace grpc {
class AuthContext;
class ChannelCredentials;
class ServerCredentials;
namespace experimental {
class CertificateProviderInterface;
}
}  // namespace grpc

namespace tributary {

// How this process and its peers know each other on gRPC: mutual TLS, TLS 1.3 only, certificates of the cluster's own
// authority, and in each one URI that names cluster and role (TlsIdentity). Host names in certificates are not looked
// at: who holds a proxy's certificate is a proxy, wherever it runs.
//
//   handshake   both sides refuse a certificate of another authority, one that is expired, and one of another cluster;
//               a client refuses a server that has not the role it wants
//   call        a server refuses methods that are not for the client's role (MayCall)
//
// The files are read again every second: handshakes from then on use what they hold. Streams that are open stay.
// Threads: thread-safe.
class RpcTrust {
 public:
  // Proves that the files can be used, and that the certificate is of this cluster and role. Null, which stands for
  // plaintext, when none are configured.
  static absl::StatusOr<std::shared_ptr<const RpcTrust>> Open(const TlsFiles& files, const std::string& cluster,
                                                              TlsIdentity::Role role,
                                                              std::shared_ptr<RpcRefusals> refusals);

  std::shared_ptr<grpc::ServerCredentials> ForServer() const;
  std::shared_ptr<grpc::ChannelCredentials> ForChannelTo(TlsIdentity::Role server) const;

  RpcRefusals& refusals() const { return *refusals_; }

 private:
  RpcTrust(const TlsFiles& files, const std::string& cluster, TlsIdentity::Role role,
           std::shared_ptr<RpcRefusals> refusals);

  const std::string cluster_;
  const TlsIdentity::Role role_;
  const std::shared_ptr<RpcRefusals> refusals_;
  const std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;
};

// Null: plaintext.
using RpcTrustPtr = std::shared_ptr<const RpcTrust>;

// gRPC 1.51 has no setting for the version of TLS; its ciphers of 1.2 have a variable. To be called at the beginning of
// main(), before there are threads.
void AllowOnlyTls13();

// The one URI of the peer's certificate; empty in plaintext.
std::string PeerUri(const grpc::AuthContext& context);

}  // namespace tributary
