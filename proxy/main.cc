#include <memory>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/discovery/discovery_config.h"
#include "common/discovery/file_source.h"
#include "common/hash/hash128.h"
#include "common/net/dns_resolver.h"
#include "common/program/program.h"
#include "common/rpc/rpc_trust.h"
#include "proxy/capacity/capacity.h"
#include "proxy/capacity/cluster_calibrations.h"
#include "proxy/http/audit_api.h"
#include "proxy/http/capacity_api.h"
#include "proxy/http/query_api.h"
#include "proxy/http/remote_read_api.h"
#include "proxy/http/series_api.h"
#include "proxy/http/status_api.h"
#include "proxy/page/page.h"
#include "proxy/proxy_config.h"
#include "proxy/query/cluster_status.h"
#include "proxy/query/grpc_fan_out.h"
#include "proxy/query/query_runner.h"
#include "proxy/upstream/relay.h"

namespace tributary {
namespace {

constexpr char kProgram[] = "tributary-proxy";
constexpr absl::Duration kFilePoll = absl::Seconds(2);

absl::StatusOr<ProxyConfig> ReadAgain(const std::string& file) {
  TRIBUTARY_ASSIGN_OR_RETURN(ConfigDocument document, LoadYamlFile(file, ProcessEnvironment()));
  return ReadProxyConfig(document);
}

Relay::Options RelayOptions(const ProxyConfig& config) {
  const InstanceId instance = InstanceId::Random();
  Relay::Options options;
  options.listen = config.grpc_listen.HostPort();
  options.max_connections = static_cast<size_t>(config.max_connections);
  options.agent_queue_bytes = config.agent_queue_bytes;
  options.router.cluster = config.cluster;
  options.router.instance = instance;
  options.router.incarnation = Xxh3Hash64(instance.bytes(), 0);
  options.router.interval = config.interval;
  options.router.owner_queue_bytes = config.owner_queue_bytes;
  options.router.confirm_removal = config.confirm_removal;
  return options;
}

std::unique_ptr<MemberSource> FindGlobals(const ProxyConfig& config, const std::string& file, DnsResolver& resolver,
                                          Telemetry& telemetry, MemberSource::OnMembers on_members) {
  if (config.members.empty()) {
    return MakeMemberSource(config.globals, GlobalAddressCheck(config), resolver, telemetry, std::move(on_members));
  }
  const auto load = [file]() -> absl::StatusOr<std::vector<Member>> {
    TRIBUTARY_ASSIGN_OR_RETURN(ProxyConfig reloaded, ReadAgain(file));
    if (reloaded.members.empty()) return absl::InvalidArgumentError("globals.members is empty");
    return std::move(reloaded.members);
  };
  return std::make_unique<FileSource>(file, load, kFilePoll, telemetry, std::move(on_members));
}

absl::Status Run(const ProxyConfig& config, const std::string& file, Daemon& daemon) {
  const Clock& clock = daemon.clock();
  Telemetry& telemetry = daemon.telemetry();
  HttpServer& http = daemon.http();
  Relay::Options relay_options = RelayOptions(config);
  TRIBUTARY_ASSIGN_OR_RETURN(
      const RpcTrustPtr trust,
      RpcTrust::Open(config.tls, config.cluster, TlsIdentity::Role::kProxy, daemon.trust().refusals()));
  relay_options.trust = trust;
  relay_options.refusals = daemon.trust().refusals();
  relay_options.heartbeat = daemon.watchdog().Watch("relay");
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<Relay> relay,
                             Relay::Start(std::move(relay_options), clock, telemetry));
  const auto connections =
      telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_rpc_connections", "Of gRPC clients, open now.", {},
                           [&relay = *relay] { return static_cast<double>(relay.connections()); });
  const auto globals = [&relay = *relay] { return relay.CurrentMembers(); };

  GrpcFanOut fan_out({.max_series = static_cast<size_t>(config.query.limits.max_series),
                      .max_answer_bytes = config.query_bytes_per_global,
                      .trust = trust});
  QueryRunner::Options query_options = config.query;
  query_options.former = [&relay = *relay] { return relay.FormerMembers(); };
  QueryRunner queries(fan_out, globals, clock, telemetry, query_options);
  ClusterInspection inspection(fan_out, [&relay = *relay] { return relay.CurrentView(); }, clock,
                               {.cluster = config.cluster, .interval = config.interval});
  daemon.admin().AddReadyCheck("globals", [&queries] { return queries.Ready(); });
  RegisterQueryApi(http, queries);
  RegisterSeriesApi(http, queries);
  RegisterRemoteReadApi(http, queries);
  RegisterStatusApi(http, inspection);
  RegisterAuditApi(http, inspection);
  QueryHistory history(queries);
  ClusterCalibrations calibrations(fan_out, globals, clock);
  Capacity capacity(history, calibrations);
  capacity.Configure(config.services, config.resources);
  RegisterCapacityApi(http, capacity, config.remote_admin, telemetry);
  RegisterPage(http);

  SystemDnsResolver resolver;
  const auto set_members = [&relay = *relay](MemberList list) {
    relay.SetMembers(std::move(list.members), std::move(list.others));
  };
  std::unique_ptr<MemberSource> globals_found = FindGlobals(config, file, resolver, telemetry, set_members);
  TRIBUTARY_LOG_INFO("agents on {}, http on {}", config.grpc_listen.HostPort(), config.http_listen.HostPort());

  TRIBUTARY_RETURN_IF_ERROR(
      daemon.Serve<ProxyConfig>({"globals", "services", "resources"}, [&](const ProxyConfig& next) {
        relay->SetConfirmRemoval(next.confirm_removal);
        capacity.Configure(next.services, next.resources);
        globals_found.reset();
        globals_found = FindGlobals(next, file, resolver, telemetry, set_members);
        return absl::OkStatus();
      }));
  TRIBUTARY_LOG_INFO("stopping: agents go to another proxy");
  relay->Shutdown(daemon.shutdown_grace());
  daemon.EndPages();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  AllowOnlyTls13();
  const Program<ProxyConfig> program = {
      kProgram, TRIBUTARY_VERSION, "The front door: routes agents' units to globals, answers queries.", ReadProxyConfig,
      [](const ProxyConfig& config, const std::string& file, Daemon& daemon) { return Run(config, file, daemon); }};
  return RunProgram(argc, argv, program);
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) { return tributary::Main(argc, argv); }
