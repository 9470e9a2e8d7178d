#include "common/net/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"

namespace tributary {
namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

absl::Status Failed(const std::string& file) {
  return absl::FailedPreconditionError(absl::StrCat(file, ": ", TakeSslError()));
}

// OpenSSL's own message for a file that cannot be opened names no file.
absl::Status CheckReadable(const std::string& file) {
  errno = 0;
  if (std::ifstream(file).good()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(file, ": ", errno != 0 ? std::strerror(errno) : "cannot be read"));
}

// Its one URI; none when there are several, for then nobody knows which is meant.
std::string UriOf(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, /*crit=*/nullptr, /*idx=*/nullptr)));
  std::string uri;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    if (!uri.empty()) return "";
    const ASN1_STRING* text = name->d.uniformResourceIdentifier;
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               static_cast<size_t>(ASN1_STRING_length(text)));
  }
  return uri;
}

absl::Time NotAfter(X509* certificate) {
  std::tm broken{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &broken) != 1) return absl::InfinitePast();
  return absl::FromTimeT(::timegm(&broken));
}

SslContextPtr NewServerContext() {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  TRIBUTARY_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds none
  return context;
}

absl::Status UseCertificate(SSL_CTX* context, const TlsFiles& files) {
  TRIBUTARY_RETURN_IF_ERROR(CheckReadable(files.cert_file));
  TRIBUTARY_RETURN_IF_ERROR(CheckReadable(files.key_file));
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.cert_file.c_str()) != 1) return Failed(files.cert_file);
  // Says as well whether it is the certificate's.
  if (SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Failed(files.key_file);
  }
  return absl::OkStatus();
}

}  // namespace

std::string TakeSslError() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (error == 0) return "unknown TLS error";
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : absl::StrCat("TLS error ", error);
}

absl::StatusOr<TlsMaterial> LoadTlsMaterial(const TlsFiles& files) {
  TlsMaterial material{.context = NewServerContext()};
  TRIBUTARY_RETURN_IF_ERROR(UseCertificate(material.context.get(), files));
  X509* certificate = SSL_CTX_get0_certificate(material.context.get());
  material.uri = UriOf(certificate);
  material.not_after = NotAfter(certificate);
  return material;
}

absl::StatusOr<SslContextPtr> NewTlsClientContext(const TlsFiles& files) {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  TRIBUTARY_CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  if (files.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    TRIBUTARY_RETURN_IF_ERROR(CheckReadable(files.ca_file));
    if (SSL_CTX_load_verify_locations(context.get(), files.ca_file.c_str(), nullptr) != 1) return Failed(files.ca_file);
  }
  if (files.configured()) TRIBUTARY_RETURN_IF_ERROR(UseCertificate(context.get(), files));
  return context;
}

absl::Status RequireClientCertificates(SSL_CTX& context, const std::string& ca_file) {
  TRIBUTARY_RETURN_IF_ERROR(CheckReadable(ca_file));
  ERR_clear_error();
  if (SSL_CTX_load_verify_locations(&context, ca_file.c_str(), nullptr) != 1) return Failed(ca_file);
  SSL_CTX_set_client_CA_list(&context, SSL_load_client_CA_file(ca_file.c_str()));
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return absl::OkStatus();
}

absl::Status CheckAuthorities(const std::string& ca_file) {
  return RequireClientCertificates(*NewServerContext(), ca_file);
}

}  // namespace tributary
