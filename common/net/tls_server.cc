#include "common/net/tls_server.h"

#include <utility>

#include "common/base/status.h"

namespace tributary {
namespace {

std::vector<std::string> PathsOf(const TlsFiles& files, const std::string& client_ca_file) {
  std::vector<std::string> paths = {files.cert_file, files.key_file};
  if (!client_ca_file.empty()) paths.push_back(client_ca_file);
  return paths;
}

}  // namespace

TlsServer::TlsServer(const TlsFiles& files, const std::string& client_ca_file)
    : files_(files), client_ca_file_(client_ca_file), watched_(PathsOf(files, client_ca_file)) {}

absl::StatusOr<std::unique_ptr<TlsServer>> TlsServer::Open(const TlsFiles& files, const std::string& client_ca_file) {
  std::unique_ptr<TlsServer> server(new TlsServer(files, client_ca_file));
  TRIBUTARY_RETURN_IF_ERROR(server->Load());
  return server;
}

SslContextPtr TlsServer::context() const {
  const MutexLock lock(mutex_);
  return material_.context;
}

absl::Time TlsServer::not_after() const {
  const MutexLock lock(mutex_);
  return material_.not_after;
}

absl::StatusOr<bool> TlsServer::Refresh() {
  if (!watched_.TakeChange()) return false;
  const absl::Status status = Load();
  if (status.ok()) return true;
  watched_.TryAgain();
  return status;
}

absl::Status TlsServer::Load() {
  TRIBUTARY_ASSIGN_OR_RETURN(TlsMaterial material, LoadTlsMaterial(files_));
  if (!client_ca_file_.empty()) {
    TRIBUTARY_RETURN_IF_ERROR(RequireClientCertificates(*material.context, client_ca_file_));
  }
  const MutexLock lock(mutex_);
  material_ = std::move(material);
  return absl::OkStatus();
}

}  // namespace tributary
