#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/net/tls_identity.h"

namespace tributary {

// PEM files with what a program shows to its peers and whom it believes.
struct TlsFiles {
  std::string cert_file = {};  // its own first, then those between it and the authority's
  std::string key_file = {};
  std::string ca_file = {};  // authorities, one or several

  bool configured() const { return !cert_file.empty(); }
};

using SslContextPtr = std::shared_ptr<SSL_CTX>;

// What the files hold.
struct TlsMaterial {
  SslContextPtr context =
      nullptr;           // a server's: TLS 1.3 only, no session is resumed; asks for no client's certificate yet
  std::string uri = {};  // of the certificate; empty when it has none
  absl::Time not_after = absl::InfinitePast();
};

// Reads certificate and key, and proves that they belong together. Errors name the file.
absl::StatusOr<TlsMaterial> LoadTlsMaterial(const TlsFiles& files);

// Of one that only sends: TLS 1.3 only, believes the authorities of `ca_file`, or the system's when it is empty, and
// shows the certificate where one is configured. An end of the connection without a word is as good as one with.
absl::StatusOr<SslContextPtr> NewTlsClientContext(const TlsFiles& files);

// Clients must show a certificate of these authorities.
absl::Status RequireClientCertificates(SSL_CTX& context, const std::string& ca_file);

// Whether `ca_file` holds authorities.
absl::Status CheckAuthorities(const std::string& ca_file);

// What OpenSSL says went wrong last; forgets it.
std::string TakeSslError();

}  // namespace tributary
