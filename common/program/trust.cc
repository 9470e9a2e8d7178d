#include "common/program/trust.h"

#include <utility>

#include "absl/strings/match.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/program/admin_guard.h"

namespace tributary {

absl::StatusOr<std::unique_ptr<Trust>> Trust::Open(const ProgramConfig& config) {
  std::unique_ptr<Trust> trust(new Trust(config));
  if (config.tls.configured()) {
    TRIBUTARY_ASSIGN_OR_RETURN(trust->tls_, TlsServer::Open(config.tls));
  }
  if (!config.http_tokens_file.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(trust->tokens_, BearerTokens::Open(config.http_tokens_file));
  }
  return trust;
}

std::function<SslContextPtr()> Trust::PageCertificates() const {
  if (tls_ == nullptr || !http_tls_) return nullptr;
  return [this] { return tls_->context(); };
}

absl::StatusOr<std::function<SslContextPtr()>> Trust::AddListener(const std::string& client_ca_file) {
  if (tls_ == nullptr) return nullptr;
  TRIBUTARY_ASSIGN_OR_RETURN(listener_, TlsServer::Open(files_, client_ca_file));
  return [this] { return listener_->context(); };
}

std::function<bool(const HttpRequest&)> Trust::PageGate() const {
  if (tokens_ == nullptr) return nullptr;
  return [this](const HttpRequest& request) { return Admits(request); };
}

bool Trust::Admits(const HttpRequest& request) const {
  if (request.path == "/healthz" || request.path == "/readyz") return true;
  // The page itself tells nothing; it asks for a token when its questions are refused.
  if (request.path == "/" || absl::StartsWith(request.path, "/page/")) return true;
  if (public_metrics_ && request.path == "/metrics") return true;
  return IsFromThisMachine(request) || tokens_->Admits(request.Header("authorization"));
}

void Trust::AddMetrics(Telemetry& telemetry) {
  const auto reloads = [&](const char* result) -> Counter& {
    return telemetry.AddCounter("tributary_tls_reloads_total", "Times that certificates or tokens were read again.",
                                {{"result", result}});
  };
  const auto refused = [&](const char* reason, std::atomic<uint64_t> RpcRefusals::*count) {
    readings_.push_back(telemetry.AddReading(
        Telemetry::Kind::kCounter, "tributary_rpc_refused_total", "gRPC peers that were refused.", {{"reason", reason}},
        [refusals = refusals_, count] { return static_cast<double>((*refusals).*count); }));
  };
  reloads_.reset(new Reloads{reloads("ok"), reloads("failed")});
  refused("identity", &RpcRefusals::identity);
  refused("role", &RpcRefusals::role);
  refused("instance", &RpcRefusals::instance);
  refused("connections", &RpcRefusals::connections);
  refused("evicted", &RpcRefusals::evicted);
  refused("sessions", &RpcRefusals::sessions);
  refused("silent", &RpcRefusals::silent);
  refused("unread", &RpcRefusals::unread);
  refused("undecodable", &RpcRefusals::undecodable);
  readings_.push_back(telemetry.AddReading(
      Telemetry::Kind::kGauge, "tributary_tls_certificate_expiry_timestamp_seconds",
      "Until when this program's certificate is good; 0 without one.", {}, [this] { return ExpirySeconds(); }));
}

double Trust::ExpirySeconds() const {
  return tls_ == nullptr ? 0 : absl::ToDoubleSeconds(tls_->not_after() - absl::UnixEpoch());
}

void Trust::Tick() {
  if (tls_ != nullptr) Count("certificates", tls_->Refresh(), tls_failure_);
  if (listener_ != nullptr) Count("certificates of listeners", listener_->Refresh(), listener_failure_);
  if (tokens_ != nullptr) Count("tokens", tokens_->Refresh(), tokens_failure_);
}

// What fails is tried again at each tick, and told once.
void Trust::Count(const char* what, const absl::StatusOr<bool>& refreshed, std::string& told) {
  const std::string failure(refreshed.status().message());
  if (!refreshed.ok() && std::exchange(told, failure) != failure) {
    TRIBUTARY_LOG_ERROR("{}: those of before stay in force: {}", what, failure);
    reloads_->failed.Increment();
  } else if (refreshed.ok() && *refreshed) {
    told.clear();
    TRIBUTARY_LOG_INFO("{}: read again", what);
    reloads_->ok.Increment();
  }
}

}  // namespace tributary
