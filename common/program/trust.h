#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/bearer_tokens.h"
#include "common/net/http_message.h"
#include "common/net/rpc_refusals.h"
#include "common/net/tls_server.h"
#include "common/program/program_config.h"
#include "common/telemetry/telemetry.h"

namespace tributary {

// What a daemon shows to peers and asks of them, besides gRPC: its certificate, and the tokens of its pages. Both come
// from files that are read again when they change.
// Threads: thread-safe, but for Tick, which one thread calls.
class Trust {
 public:
  // Errors name the file that cannot be used.
  static absl::StatusOr<std::unique_ptr<Trust>> Open(const ProgramConfig& config);

  // Certificates for connections over HTTP; null: plaintext.
  std::function<SslContextPtr()> PageCertificates() const;
  // The same for another listener, whose clients must show a certificate of `client_ca_file`; empty: they need none.
  // Null without `tls`. Before the first Tick.
  absl::StatusOr<std::function<SslContextPtr()>> AddListener(const std::string& client_ca_file);
  // Who is on this machine, or has a token, or asks for no more than how this program is. Null: everybody.
  std::function<bool(const HttpRequest&)> PageGate() const;
  // What gRPC refuses is counted there.
  std::shared_ptr<RpcRefusals> refusals() const { return refusals_; }

  // Exports what is refused, and until when the certificate is good.
  void AddMetrics(Telemetry& telemetry);
  // Looks after the files.
  void Tick();

 private:
  explicit Trust(const ProgramConfig& config)
      : files_(config.tls), http_tls_(config.http_tls), public_metrics_(config.public_metrics) {}
  bool Admits(const HttpRequest& request) const;
  double ExpirySeconds() const;
  void Count(const char* what, const absl::StatusOr<bool>& refreshed, std::string& told);

  struct Reloads {
    Counter& ok;
    Counter& failed;
  };

  const TlsFiles files_;
  const bool http_tls_;
  const bool public_metrics_;
  const std::shared_ptr<RpcRefusals> refusals_ = std::make_shared<RpcRefusals>();
  std::unique_ptr<TlsServer> tls_;        // null: plaintext
  std::unique_ptr<TlsServer> listener_;   // null: nobody asked for it
  std::unique_ptr<BearerTokens> tokens_;  // null: none are asked for
  std::unique_ptr<Reloads> reloads_;
  std::string tls_failure_;  // that was told last
  std::string listener_failure_;
  std::string tokens_failure_;
  std::vector<Telemetry::Reading> readings_;
};

}  // namespace tributary
