#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/net/tls_identity.h"

namespace tributary {

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;
using X509Ptr = std::unique_ptr<X509, FreeOpenSsl>;

// An authority of a folder, ca.crt and ca.key, that signs certificates for the programs of a cluster: for tests, and
// for clusters that have no other. Keys are P-256; whoever reads ca.key can be any of the programs.
// Errors:  name the file. Thread-compatible.
class CertificateAuthority {
 public:
  // Takes the folder's, or makes one, and the folder, when there is none.
  static absl::StatusOr<CertificateAuthority> OpenOrMake(const std::string& folder, const std::string& cluster,
                                                         absl::Time now);

  struct Request {
    TlsIdentity identity;
    std::vector<std::string> hosts = {};  // names and IP addresses, for HTTPS and for clients of StatsD over TLS
    absl::Time not_before;
    absl::Time not_after;
  };
  // Writes FILE.crt and FILE.key into the folder, in place of those that are there: a key is 0600, and each file is
  // whole at every moment.
  absl::Status Issue(const Request& request, const std::string& file) const;

 private:
  CertificateAuthority(std::string folder, X509Ptr certificate, KeyPtr key)
      : folder_(std::move(folder)), certificate_(std::move(certificate)), key_(std::move(key)) {}

  std::string folder_;
  X509Ptr certificate_;
  KeyPtr key_;
};

// Whether certificates can name the host: as IPv6 addresses and DNS names are written, wildcards included.
bool IsCertificateHost(absl::string_view host);

}  // namespace tributary
