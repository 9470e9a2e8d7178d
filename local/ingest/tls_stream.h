#pragma once

#include <openssl/ssl.h>
#include <sys/types.h>

#include <cstddef>
#include <memory>

#include "common/net/tls_files.h"

namespace tributary {

// The server's end of TLS on a non-blocking socket that somebody else owns and polls. It never writes but for the
// handshake, whose few kilobytes fit the empty buffer of a new connection.
// Threads: thread-compatible.
class TlsStream {
 public:
  TlsStream(SSL_CTX& context, int socket);

  // As recv(): the bytes read; 0 when the peer has said that no more comes; -1 with errno, EAGAIN while there is
  // nothing yet, ECONNRESET for an end without a word, which may be an attacker's, EPROTO for what is not TLS or not to
  // be trusted. At most one record at a time, and leaves nothing of it behind when there is room for 16 KiB.
  ssize_t Read(char* buffer, size_t bytes);

  bool has_shaken_hands() const { return shaken_; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  bool shaken_ = false;  // OpenSSL forgets it when the connection fails later
};

}  // namespace tributary
