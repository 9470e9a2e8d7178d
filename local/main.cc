#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/instance_id.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/dns_resolver.h"
#include "common/program/program.h"
#include "common/rpc/rpc_trust.h"
#include "local/census/census.h"
#include "local/census/top_page.h"
#include "local/flush/flusher.h"
#include "local/forward/forwarder.h"
#include "local/forward/instance_file.h"
#include "local/ingest/ingest.h"
#include "local/local_config.h"
#include "local/sinks/local_sinks.h"
#include "local/source/host/host_source.h"
#include "local/spool/spool_log.h"
#include "local/spool/spool_metrics.h"
#include "local/spool/spool_replay.h"
#include "local/tap/tap_page.h"

namespace tributary {
namespace {

constexpr char kProgram[] = "tributary-local";

std::string HostOf(const LocalConfig& config) {
  char name[256] = {};
  if (!config.host.empty()) return config.host;
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

// Who this agent is, in this life.
struct Identity {
  InstanceId instance = InstanceId::Random();
  InstanceId predecessor;
  std::string host;
  std::unique_ptr<InstanceFile> file;
};

absl::StatusOr<Identity> Identify(const LocalConfig& config) {
  Identity identity;
  identity.host = HostOf(config);
  if (config.data_dir.empty()) return identity;
  TRIBUTARY_ASSIGN_OR_RETURN(identity.file, InstanceFile::Claim(config.data_dir, identity.instance));
  identity.predecessor = identity.file->predecessor();
  return identity;
}

Forwarder::Options ForwarderOptions(const LocalConfig& config, const Identity& identity, IntervalIndex first_interval) {
  Forwarder::Options options;
  options.proxies = config.forward.proxies;
  options.resolve_every = config.forward.resolve_every;
  options.ledger.cluster = config.cluster;
  options.ledger.host = identity.host;
  options.ledger.instance = identity.instance;
  options.ledger.supersedes = identity.predecessor;
  options.ledger.interval = config.flush.interval;
  options.ledger.first_interval = first_interval;
  options.ledger.memory_bytes = config.forward.memory_bytes;
  options.ledger.retain_bytes = config.forward.retain_bytes;
  options.ledger.retain_disk_bytes = config.forward.retain_disk_bytes;
  options.ledger.spool_always = config.spool.mode == "always";
  return options;
}

Ingest::Options IngestOptions(const LocalConfig& config, const Identity& identity, IntervalIndex first_interval) {
  Ingest::Options options;
  options.config = config.ingest;
  options.limits = config.limits;
  options.host = identity.host;
  options.cluster_seed = ClusterSeed(config.cluster);
  options.scale = IntervalScale(config.flush.interval);
  options.instance = identity.instance;
  options.compression = config.flush.compression;
  options.first_interval = first_interval;
  return options;
}

// Null: none is configured.
absl::StatusOr<std::unique_ptr<SpoolLog>> OpenSpool(const LocalConfig& config, const Clock& clock) {
  if (config.data_dir.empty() || config.spool.mode == "off") return nullptr;
  SpoolLog::Options options;
  options.folder = config.data_dir + "/spool";
  options.max_bytes = config.spool.max_bytes;
  options.max_age = config.spool.max_age;
  options.sync_every = config.spool.sync_every;
  options.segment_bytes = std::min<uint64_t>(options.segment_bytes, config.spool.max_bytes / 8);
  return SpoolLog::Open(std::move(options), clock);
}

// What is on disk, of this instance and of those before it.
struct AgentSpool {
  // Whoever has left something is dead only after it is delivered.
  AgentSpool(SpoolLog& log, Forwarder::Options& options, const Clock& clock, Telemetry& telemetry)
      : units(log.For(options.ledger.instance)),
        metrics(log, telemetry),
        replay({options, options.ledger.first_interval}, log, clock, telemetry) {
    if (replay.Has(options.ledger.supersedes)) options.ledger.supersedes = InstanceId();
  }

  std::unique_ptr<UnitSpool> units;
  SpoolMetrics metrics;
  SpoolReplay replay;
};

absl::Status Reload(const LocalConfig& config, Ingest& ingest, Forwarder& forwarder) {
  TRIBUTARY_ASSIGN_OR_RETURN(RuleSet rules, BuildRules(config.rules));
  ingest.Reconfigure(std::move(rules), config.limits);
  forwarder.SetProxyNames(config.forward.proxies);
  return absl::OkStatus();
}

absl::Status Run(const LocalConfig& config, Daemon& daemon) {
  const Clock& clock = daemon.clock();
  Telemetry& telemetry = daemon.telemetry();
  const IntervalScale scale(config.flush.interval);
  TRIBUTARY_ASSIGN_OR_RETURN(const Identity identity, Identify(config));
  TRIBUTARY_ASSIGN_OR_RETURN(RuleSet rules, BuildRules(config.rules));
  TRIBUTARY_ASSIGN_OR_RETURN(const auto sinks,
                             LocalSinks::Start(config.sinks, config.limits.max_series, scale, clock, telemetry));

  const IntervalIndex first_interval = scale.At(clock.Now());
  SystemDnsResolver resolver;
  Ingest::Options ingest_options = IngestOptions(config, identity, first_interval);
  TRIBUTARY_ASSIGN_OR_RETURN(ingest_options.certificates, daemon.trust().AddListener(config.ingest.tls_client_ca_file));
  TRIBUTARY_ASSIGN_OR_RETURN(const auto ingest, Ingest::Start(std::move(ingest_options), std::move(rules), clock,
                                                              telemetry, &daemon.inherited()));
  Forwarder::Options forwarder_options = ForwarderOptions(config, identity, first_interval);
  if (config.forward.discover.sources() > 0) {
    forwarder_options.find = [&](MemberSource::OnMembers on_members) {
      return MakeMemberSource(config.forward.discover, ProxyAddressCheck(config), resolver, telemetry,
                              std::move(on_members));
    };
  }
  TRIBUTARY_ASSIGN_OR_RETURN(
      forwarder_options.trust,
      RpcTrust::Open(config.tls, config.cluster, TlsIdentity::Role::kAgent, daemon.trust().refusals()));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<SpoolLog> spool, OpenSpool(config, clock));
  std::optional<AgentSpool> agent_spool;
  if (spool != nullptr) agent_spool.emplace(*spool, forwarder_options, clock, telemetry);
  Forwarder forwarder(std::move(forwarder_options), resolver, clock, telemetry,
                      agent_spool ? agent_spool->units.get() : nullptr);
  if (agent_spool) {
    agent_spool->replay.Start([&forwarder](const InstanceId& dead) { forwarder.Supersede(dead); });
  }
  HostMetrics host_metrics(telemetry);
  std::unique_ptr<HostSource> host_source;
  if (config.host_metrics.enabled) {
    host_source =
        std::make_unique<HostSource>(config.host_metrics, scale, ingest->AddShard(Scope::kHost), clock, host_metrics);
    host_source->Start();
  }
  Census census(scale, ingest->limiter(), clock, telemetry);
  Flusher flusher({.config = config.flush,
                   .instance = identity.instance,
                   .cluster_seed = ClusterSeed(config.cluster),
                   .heartbeat = daemon.watchdog().Watch("flusher")},
                  first_interval, ingest->shards(), ingest->levels(), clock, telemetry, forwarder, sinks.get(),
                  &census);
  flusher.Start();

  AddTapPage(daemon.http(), ingest->taps());
  AddTopPage(daemon.http(), census);
  daemon.admin().AddReadyCheck("proxy", [&forwarder] {
    return forwarder.connected() ? absl::OkStatus() : absl::UnavailableError("not connected");
  });
  for (const Address& address : ingest->addresses()) TRIBUTARY_LOG_INFO("listening on {}", address.ToString());
  TRIBUTARY_LOG_INFO("instance {} on {}, http on {}", identity.instance.ToString(), identity.host,
                     config.http_listen.HostPort());

  TRIBUTARY_RETURN_IF_ERROR(
      daemon.Serve<LocalConfig>({"rules", "services", "extend_tags", "limits", "forward.proxies"},
                                [&](const LocalConfig& next) { return Reload(next, *ingest, forwarder); }));
  const absl::Time deadline = absl::Now() + daemon.shutdown_grace();
  TRIBUTARY_LOG_INFO("stopping: sending what was read");
  if (host_source != nullptr) host_source->Stop();
  ingest->Stop();
  flusher.Stop();
  if (agent_spool) agent_spool->replay.Stop();
  const Forwarder::Rest rest = forwarder.Drain(flusher.FlushNow(), deadline - absl::Now());
  if (spool != nullptr && rest.pending == 0) spool->Finish(identity.instance);
  sinks->Stop(deadline);
  daemon.EndPages();
  if (rest.pending > 0) {
    TRIBUTARY_LOG_WARN("{} samples are not committed; {} of them are in the spool, for the next start", rest.pending,
                       rest.spooled);
  }
  TRIBUTARY_LOG_INFO("stopped");
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  AllowOnlyTls13();
  const Program<LocalConfig> program = {
      kProgram, TRIBUTARY_VERSION, "The agent: takes StatsD and DogStatsD, sketches, forwards.", ReadLocalConfig,
      [](const LocalConfig& config, const std::string&, Daemon& daemon) { return Run(config, daemon); }};
  return RunProgram(argc, argv, program);
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) { return tributary::Main(argc, argv); }
