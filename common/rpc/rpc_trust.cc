#include "common/rpc/rpc_trust.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/method_roles.h"

namespace tributary {
namespace {

using grpc::experimental::ExternalCertificateVerifier;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsCustomVerificationCheckRequest;
using Role = TlsIdentity::Role;

constexpr unsigned kRefreshSeconds = 1;

absl::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// After the handshake: the chain and its dates are proven, the identity is not.
class IdentityVerifier : public ExternalCertificateVerifier {
 public:
  IdentityVerifier(std::string cluster, std::optional<Role> wanted, std::shared_ptr<RpcRefusals> refusals)
      : cluster_(std::move(cluster)), wanted_(wanted), refusals_(std::move(refusals)) {}

  bool Verify(TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* status) override {
    *status = Check(request->uri_names());
    if (!status->ok()) refusals_->identity.fetch_add(1, std::memory_order_relaxed);
    return true;  // at once
  }
  void Cancel(TlsCustomVerificationCheckRequest*) override {}

 private:
  grpc::Status Check(const std::vector<grpc::string_ref>& uris) const {
    const auto identity = uris.size() == 1 ? ParseTlsIdentity(View(uris.front())) : std::nullopt;
    if (!identity) return Refuse("has no URI spiffe://CLUSTER/ROLE/NAME, or several");
    if (identity->cluster != cluster_) return Refuse(absl::StrCat("is of the cluster ", identity->cluster));
    if (wanted_ && identity->role != *wanted_) {
      return Refuse(absl::StrCat("is ", identity->ToUri(), ", no ", TlsRoleName(*wanted_)));
    }
    return grpc::Status::OK;
  }
  static grpc::Status Refuse(const std::string& why) {
    return {grpc::StatusCode::UNAUTHENTICATED, absl::StrCat("the peer's certificate ", why)};
  }

  const std::string cluster_;
  const std::optional<Role> wanted_;  // none: whoever is of the cluster
  const std::shared_ptr<RpcRefusals> refusals_;
};

// Before each call reaches its service.
class RoleGate : public grpc::AuthMetadataProcessor {
 public:
  RoleGate(Role server, std::shared_ptr<RpcRefusals> refusals) : server_(server), refusals_(std::move(refusals)) {}

  bool IsBlocking() const override { return false; }
  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context, OutputMetadata*,
                       OutputMetadata*) override {
    const auto path = metadata.find(":path");
    const auto identity = ParseTlsIdentity(PeerUri(*context));
    if (path != metadata.end() && identity && MayCall(View(path->second), server_, identity->role)) {
      return grpc::Status::OK;
    }
    refusals_->role.fetch_add(1, std::memory_order_relaxed);
    const absl::string_view who = identity ? TlsRoleName(identity->role) : "nobody of this cluster";
    return {grpc::StatusCode::PERMISSION_DENIED, absl::StrCat("this is no call for ", who)};
  }

 private:
  const Role server_;
  const std::shared_ptr<RpcRefusals> refusals_;
};

absl::Status CheckOwnIdentity(const TlsMaterial& material, const TlsFiles& files, const std::string& cluster,
                              Role role) {
  const TlsIdentity expected = {cluster, role, "NAME"};
  const auto identity = ParseTlsIdentity(material.uri);
  if (!identity || identity->cluster != cluster || identity->role != role) {
    return absl::FailedPreconditionError(
        absl::StrCat(files.cert_file, ": its URI is \"", material.uri, "\", not ", expected.ToUri()));
  }
  if (material.not_after < absl::Now()) {
    return absl::FailedPreconditionError(
        absl::StrCat(files.cert_file, ": expired at ", absl::FormatTime(material.not_after)));
  }
  return absl::OkStatus();
}

std::shared_ptr<grpc::experimental::CertificateProviderInterface> NewProvider(const TlsFiles& files) {
  return std::make_shared<FileWatcherCertificateProvider>(files.key_file, files.cert_file, files.ca_file,
                                                          kRefreshSeconds);
}

}  // namespace

RpcTrust::RpcTrust(const TlsFiles& files, const std::string& cluster, Role role, std::shared_ptr<RpcRefusals> refusals)
    : cluster_(cluster), role_(role), refusals_(std::move(refusals)), provider_(NewProvider(files)) {}

absl::StatusOr<RpcTrustPtr> RpcTrust::Open(const TlsFiles& files, const std::string& cluster, Role role,
                                           std::shared_ptr<RpcRefusals> refusals) {
  if (!files.configured()) return nullptr;
  TRIBUTARY_ASSIGN_OR_RETURN(const TlsMaterial material, LoadTlsMaterial(files));
  TRIBUTARY_RETURN_IF_ERROR(CheckOwnIdentity(material, files, cluster, role));
  TRIBUTARY_RETURN_IF_ERROR(CheckAuthorities(files.ca_file));
  return RpcTrustPtr(new RpcTrust(files, cluster, role, std::move(refusals)));
}

std::shared_ptr<grpc::ServerCredentials> RpcTrust::ForServer() const {
  grpc::experimental::TlsServerCredentialsOptions options(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.set_certificate_verifier(
      ExternalCertificateVerifier::Create<IdentityVerifier>(cluster_, std::nullopt, refusals_));
  options.set_check_call_host(false);
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::experimental::TlsServerCredentials(options);
  credentials->SetAuthMetadataProcessor(std::make_shared<RoleGate>(role_, refusals_));
  return credentials;
}

std::shared_ptr<grpc::ChannelCredentials> RpcTrust::ForChannelTo(Role server) const {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(ExternalCertificateVerifier::Create<IdentityVerifier>(cluster_, server, refusals_));
  options.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(options);
}

void AllowOnlyTls13() {
  // Nobody has a key for it here, and so no handshake of TLS 1.2 finds a cipher; those of 1.3 are not in this list.
  ::setenv("GRPC_SSL_CIPHER_SUITES", "ECDHE-PSK-CHACHA20-POLY1305", /*overwrite=*/1);
}

std::string PeerUri(const grpc::AuthContext& context) {
  const std::vector<grpc::string_ref> uris = context.FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  return uris.size() == 1 ? std::string(uris.front().data(), uris.front().size()) : "";
}

}  // namespace tributary
