#include "local/ingest/tls_stream.h"

#include <openssl/err.h>

#include <cerrno>

#include "common/base/check.h"

namespace tributary {

TlsStream::TlsStream(SSL_CTX& context, int socket) : ssl_(SSL_new(&context)) {
  TRIBUTARY_CHECK(ssl_ != nullptr && SSL_set_fd(ssl_.get(), socket) == 1);
  SSL_set_accept_state(ssl_.get());
}

ssize_t TlsStream::Read(char* buffer, size_t bytes) {
  size_t count = 0;
  ERR_clear_error();
  errno = 0;
  const bool read = SSL_read_ex(ssl_.get(), buffer, bytes, &count) == 1;
  shaken_ |= SSL_is_init_finished(ssl_.get()) == 1;
  if (read) return static_cast<ssize_t>(count);
  switch (SSL_get_error(ssl_.get(), 0)) {
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_SYSCALL:
      if (errno == 0 || errno == EAGAIN) errno = ECONNRESET;
      return -1;
    default:
      errno = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING ? ECONNRESET : EPROTO;
      ERR_clear_error();
      return -1;
  }
}

}  // namespace tributary
