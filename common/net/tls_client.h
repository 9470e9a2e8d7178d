#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/tls_files.h"

namespace tributary {

// The client's end of TLS 1.3 on a connected, blocking socket that somebody else owns and whose timeouts bound every
// call. It sends only; the server's certificate must be good for the host that was asked for.
//
// Errors:  InvalidArgument: the files cannot be used. PermissionDenied: a certificate is not believed, or this is no
//          TLS; the message says which, or what the server said. Others: the connection. After one nothing more can
//          be sent. No SIGPIPE.
// Threads: thread-compatible.
class TlsClient {
 public:
  // Shakes hands. `files`: as for NewTlsClientContext.
  static absl::StatusOr<std::unique_ptr<TlsClient>> Connect(int socket, const std::string& host, const TlsFiles& files);

  absl::Status Send(absl::string_view bytes);

  // Says that no more comes and waits for the server to end. That is when a certificate which it does not believe is
  // told: in TLS 1.3 the client may have sent everything before.
  absl::Status Finish();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  explicit TlsClient(SslContextPtr context) : context_(std::move(context)), ssl_(SSL_new(context_.get())) {}
  // Of the last call, which returned `result`.
  absl::Status Failed(int result) const;
  // Whether the server has said why, which is OpenSSL's last error then.
  bool LeavesWord() const;

  const SslContextPtr context_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace tributary
