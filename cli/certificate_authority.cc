#include "cli/certificate_authority.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/net/file_descriptor.h"
#include "common/net/tls_files.h"

namespace tributary {
namespace {

constexpr absl::Duration kAuthorityLife = absl::Hours(24 * 365 * 10);
constexpr char kEveryUse[] = "serverAuth,clientAuth";

absl::Status FileError(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", std::strerror(errno)));
}

// Another name first, so that nobody reads half of it, and what it replaces stays until it is whole.
absl::Status WriteFile(const std::string& path, absl::string_view text, mode_t mode) {
  const std::string unfinished = absl::StrCat(path, ".new");
  ::unlink(unfinished.c_str());
  const FileDescriptor file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.open()) return FileError(unfinished);
  if (::write(file.number(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return FileError(unfinished);
  }
  return ::rename(unfinished.c_str(), path.c_str()) == 0 ? absl::OkStatus() : FileError(path);
}

// What `write` puts out as PEM.
template <class Write>
std::string ToPem(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  const absl::Cleanup free = [memory] { BIO_free(memory); };
  TRIBUTARY_CHECK(write(memory) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return std::string(text, static_cast<size_t>(size));
}

absl::Status WritePair(const std::string& stem, X509* certificate, EVP_PKEY* key) {
  const std::string key_pem =
      ToPem([&](BIO* out) { return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  TRIBUTARY_RETURN_IF_ERROR(WriteFile(stem + ".key", key_pem, 0600));
  return WriteFile(stem + ".crt", ToPem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); }), 0644);
}

// What `read` makes of the file.
template <class T, class Read>
absl::StatusOr<std::unique_ptr<T, FreeOpenSsl>> ReadPem(const std::string& path, Read read) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return FileError(path);
  const absl::Cleanup close = [file] { std::fclose(file); };
  std::unique_ptr<T, FreeOpenSsl> object(read(file, nullptr, nullptr, nullptr));
  if (object == nullptr) return absl::FailedPreconditionError(absl::StrCat(path, ": ", TakeSslError()));
  return object;
}

void AddExtension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  TRIBUTARY_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void SetSerial(X509* certificate) {
  unsigned char bytes[16];
  TRIBUTARY_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
  bytes[0] &= 0x7f;  // positive
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

// Everything but extensions and signature.
X509Ptr NewCertificate(EVP_PKEY* key, const std::string& common_name, absl::Time not_before, absl::Time not_after) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  SetSerial(certificate.get());
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(not_after));
  X509_set_pubkey(certificate.get(), key);
  const std::string shown = common_name.substr(0, 64);  // ub-common-name of RFC 5280
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(shown.data()), static_cast<int>(shown.size()), -1,
                             0);
  return certificate;
}

// "URI:spiffe://...,DNS:proxy-0,IP:10.0.0.1"; names are checked before, so that no comma slips in.
std::string AlternativeNames(const CertificateAuthority::Request& request) {
  std::string names = absl::StrCat("URI:", request.identity.ToUri());
  for (const std::string& host : request.hosts) {
    unsigned char ignored[16];
    const bool is_ip =
        ::inet_pton(AF_INET, host.c_str(), ignored) == 1 || ::inet_pton(AF_INET6, host.c_str(), ignored) == 1;
    absl::StrAppend(&names, is_ip ? ",IP:" : ",DNS:", host);
  }
  return names;
}

}  // namespace

bool IsCertificateHost(absl::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' || c == ':' ||
           c == '*';
  });
}

absl::StatusOr<CertificateAuthority> CertificateAuthority::OpenOrMake(const std::string& folder,
                                                                      const std::string& cluster, absl::Time now) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::FailedPreconditionError(absl::StrCat(folder, ": ", error.message()));
  const std::string stem = absl::StrCat(folder, "/ca");
  if (std::filesystem::exists(stem + ".crt", error) || std::filesystem::exists(stem + ".key", error)) {
    TRIBUTARY_ASSIGN_OR_RETURN(X509Ptr certificate, ReadPem<X509>(stem + ".crt", PEM_read_X509));
    TRIBUTARY_ASSIGN_OR_RETURN(KeyPtr key, ReadPem<EVP_PKEY>(stem + ".key", PEM_read_PrivateKey));
    if (X509_check_private_key(certificate.get(), key.get()) != 1) {
      return absl::FailedPreconditionError(absl::StrCat(stem, ".key: not the key of ca.crt"));
    }
    return CertificateAuthority(folder, std::move(certificate), std::move(key));
  }
  KeyPtr key(EVP_EC_gen("P-256"));
  X509Ptr certificate = NewCertificate(key.get(), absl::StrCat("Tributary CA of ", cluster), now - absl::Minutes(5),
                                       now + kAuthorityLife);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
  AddExtension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
  TRIBUTARY_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  TRIBUTARY_RETURN_IF_ERROR(WritePair(stem, certificate.get(), key.get()));
  return CertificateAuthority(folder, std::move(certificate), std::move(key));
}

absl::Status CertificateAuthority::Issue(const Request& request, const std::string& file) const {
  const KeyPtr key(EVP_EC_gen("P-256"));
  const std::string name = absl::StrCat(TlsRoleName(request.identity.role), " ", request.identity.name);
  const X509Ptr certificate = NewCertificate(key.get(), name, request.not_before, request.not_after);
  X509* issuer = certificate_.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  const bool is_client = request.identity.role == TlsIdentity::Role::kClient;
  AddExtension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(certificate.get(), issuer, NID_key_usage, "critical,digitalSignature");
  AddExtension(certificate.get(), issuer, NID_ext_key_usage, is_client ? "clientAuth" : kEveryUse);
  AddExtension(certificate.get(), issuer, NID_subject_key_identifier, "hash");
  AddExtension(certificate.get(), issuer, NID_authority_key_identifier, "keyid");
  AddExtension(certificate.get(), issuer, NID_subject_alt_name, AlternativeNames(request));
  TRIBUTARY_CHECK(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
  return WritePair(absl::StrCat(folder_, "/", file), certificate.get(), key.get());
}

}  // namespace tributary
