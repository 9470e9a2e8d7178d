#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/net/tls_files.h"
#include "common/net/watched_files.h"

namespace tributary {

// The certificate that listeners of this program show, read from files and read again when they change: connections
// that begin then get the new one, those that are open keep the old. TLS 1.3 only.
//
// Errors:  files that cannot be used, or do not belong together while they are being replaced, leave the last good ones
//          in force and are tried again.
// Threads: thread-safe, but for Refresh, which one thread calls.
class TlsServer {
 public:
  // `client_ca_file`: clients must show a certificate of these authorities; empty: they need none.
  static absl::StatusOr<std::unique_ptr<TlsServer>> Open(const TlsFiles& files, const std::string& client_ca_file = "");

  // Of one connection.
  SslContextPtr context() const;
  absl::Time not_after() const;

  // Reads the files when they have changed: whether they have, or what is wrong with them.
  absl::StatusOr<bool> Refresh();

 private:
  TlsServer(const TlsFiles& files, const std::string& client_ca_file);
  absl::Status Load();

  const TlsFiles files_;
  const std::string client_ca_file_;
  WatchedFiles watched_;
  mutable Mutex mutex_;
  TlsMaterial material_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tributary
