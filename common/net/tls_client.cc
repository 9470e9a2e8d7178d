#include "common/net/tls_client.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status.h"

namespace tributary {
namespace {

int SocketOf(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

// OpenSSL's own BIO of a socket writes without MSG_NOSIGNAL.
int SendBytes(BIO* bio, const char* bytes, int size) {
  ssize_t sent;
  do {
    sent = ::send(SocketOf(bio), bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return static_cast<int>(sent);
}

int ReceiveBytes(BIO* bio, char* bytes, int size) {
  ssize_t received;
  do {
    received = ::recv(SocketOf(bio), bytes, static_cast<size_t>(size), 0);
  } while (received < 0 && errno == EINTR);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(received);
}

long Control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* NewSocketMethod() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
  TRIBUTARY_CHECK(method != nullptr);
  BIO_meth_set_write(method, SendBytes);
  BIO_meth_set_read(method, ReceiveBytes);
  BIO_meth_set_ctrl(method, Control);
  return method;
}

BIO* NewSocketBio(int socket) {
  static BIO_METHOD* const kMethod = NewSocketMethod();
  BIO* bio = BIO_new(kMethod);
  TRIBUTARY_CHECK(bio != nullptr);
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(socket)));
  BIO_set_init(bio, 1);
  return bio;
}

void ExpectHost(SSL* ssl, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1) return;
  ERR_clear_error();
  TRIBUTARY_CHECK(SSL_set1_host(ssl, host.c_str()) == 1);
  SSL_set_tlsext_host_name(ssl, host.c_str());
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::Connect(int socket, const std::string& host,
                                                              const TlsFiles& files) {
  absl::StatusOr<SslContextPtr> context = NewTlsClientContext(files);
  if (!context.ok()) return absl::InvalidArgumentError(context.status().message());
  std::unique_ptr<TlsClient> client(new TlsClient(*std::move(context)));
  SSL* ssl = client->ssl_.get();
  TRIBUTARY_CHECK(ssl != nullptr);
  BIO* bio = NewSocketBio(socket);
  SSL_set_bio(ssl, bio, bio);
  ExpectHost(ssl, host);
  ERR_clear_error();
  errno = 0;
  const int result = SSL_connect(ssl);
  if (result != 1) return client->Failed(result);
  return client;
}

absl::Status TlsClient::Send(absl::string_view bytes) {
  size_t written = 0;
  ERR_clear_error();
  errno = 0;
  // All or nothing: partial writes are not asked for.
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  return result == 1 ? absl::OkStatus() : Failed(result);
}

absl::Status TlsClient::Finish() {
  ERR_clear_error();
  errno = 0;
  if (const int result = SSL_shutdown(ssl_.get()); result < 0) return Failed(result);
  char byte;
  size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), &byte, 1, &count);
  const bool told = SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL || errno == ECONNRESET;
  return result != 1 && told ? Failed(result) : absl::OkStatus();
}

// A server that refuses a certificate says so and is gone: what is sent to it then fails, but its word is still there.
bool TlsClient::LeavesWord() const {
  char byte;
  size_t count = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), &byte, 1, &count);
  return result != 1 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL;
}

absl::Status TlsClient::Failed(int result) const {
  const int error_number = errno;
  if (const long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK) {
    ERR_clear_error();
    return absl::PermissionDeniedError(absl::StrCat("certificate: ", X509_verify_cert_error_string(verdict)));
  }
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_SYSCALL && !LeavesWord()) {
    ERR_clear_error();
    return error_number == 0 ? absl::UnavailableError("the other side ended the connection")
                             : absl::ErrnoToStatus(error_number, "TLS");
  }
  return absl::PermissionDeniedError(absl::StrCat("TLS: ", TakeSslError()));
}

}  // namespace tributary
