#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/status.h"
#include "common/hash/hash128.h"
#include "common/program/program.h"
#include "common/rpc/delivery_server.h"
#include "common/rpc/rpc_trust.h"
#include "common/sink/sink_feeder.h"
#include "global/global_config.h"
#include "global/handover/grpc_history_peer.h"
#include "global/handover/history_sender.h"
#include "global/handover/history_service.h"
#include "global/query/inspect_service.h"
#include "global/query/note_service.h"
#include "global/query/select_service.h"
#include "global/receive/committer.h"
#include "global/receive/receiver.h"
#include "global/store_command.h"
#include "global/store_copies.h"
#include "global/store_readings.h"

namespace tributary {
namespace {

constexpr char kProgram[] = "tributary-global";

// One feeder for each sink, each from its own place in the outbox.
class Feeders {
 public:
  explicit Feeders(const Outbox& outbox) : outbox_(outbox) {}
  static absl::StatusOr<std::unique_ptr<Feeders>> Make(const GlobalConfig& config, Outbox& outbox, const Clock& clock,
                                                       Telemetry& telemetry) {
    auto feeders = std::make_unique<Feeders>(outbox);
    const IntervalScale scale(config.interval);
    for (const SinkConfig& sink_config : config.sinks) {
      TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<Sink> sink, MakeSink(sink_config, scale));
      feeders->take_events_ |= sink->takes_events();
      SinkFeeder::Options options;
      options.name = sink_config.name;
      options.filter = sink_config.match;
      options.seed = Xxh3Hash64(config.node_id, 0);
      feeders->feeders_.push_back(std::make_unique<SinkFeeder>(
          std::move(options), std::move(sink), outbox.SourceFor(sink_config.name), scale, clock, telemetry));
      feeders->names_.push_back(sink_config.name);
      feeders->AddReadings(sink_config.name, outbox, telemetry);
    }
    return feeders;
  }
  bool take_events() const { return take_events_; }
  void Start() {
    for (const auto& feeder : feeders_) feeder->Start();
  }
  void Describe(v1::InspectResponse& response) const {
    for (size_t i = 0; i < feeders_.size(); ++i) {
      const Outbox::Stats stats = outbox_.StatsOf(names_[i]);
      v1::SinkState& sink = *response.add_sinks();
      sink.set_name(names_[i]);
      sink.set_lag_seconds(absl::ToDoubleSeconds(feeders_[i]->lag()));
      sink.set_rows_queued(stats.queued);
      sink.set_rows_dropped(stats.dropped + feeders_[i]->metrics().rows_dropped());
    }
  }
  // All have until the same moment.
  void Stop(const Clock& clock, absl::Time until) {
    for (const auto& feeder : feeders_) feeder->Stop(std::max(until - clock.Now(), absl::ZeroDuration()));
  }

 private:
  void AddReadings(const std::string& sink, Outbox& outbox, Telemetry& telemetry) {
    const auto add = [&](Telemetry::Kind kind, const std::string& name, const std::string& help,
                         uint64_t Outbox::Stats::*field) {
      readings_.push_back(
          telemetry.AddReading(kind, "tributary_global_outbox_rows_" + name, help, {{"sink", sink}},
                               [&outbox, sink, field] { return static_cast<double>(outbox.StatsOf(sink).*field); }));
    };
    add(Telemetry::Kind::kCounter, "committed_total",
        "Rows and events committed for a sink; = settled + queued + dropped.", &Outbox::Stats::committed);
    add(Telemetry::Kind::kCounter, "settled_total", "Rows the sink is done with.", &Outbox::Stats::acknowledged);
    add(Telemetry::Kind::kGauge, "queued", "Rows that wait for the sink.", &Outbox::Stats::queued);
    add(Telemetry::Kind::kCounter, "dropped_total", "Rows lost because the outbox was full.", &Outbox::Stats::dropped);
  }

  const Outbox& outbox_;
  std::vector<std::string> names_;
  bool take_events_ = false;  // one of the sinks does
  std::vector<std::unique_ptr<SinkFeeder>> feeders_;
  std::vector<Telemetry::Reading> readings_;
};

constexpr absl::Duration kCopyPatience = absl::Seconds(5);  // at the end, for what was written last

Database::Options DatabaseOptions(const GlobalConfig& config) {
  Database::Options options;
  options.path = config.store_path;
  options.cluster = config.cluster;
  options.interval = config.interval;
  options.cache_bytes = config.store_cache_bytes;
  options.write_buffer_bytes = config.store_write_buffer_bytes;
  if (config.store_copies > 1) options.log_bytes = config.store_copy_log_bytes;
  return options;
}

Ledger::Retention RetentionOf(const GlobalConfig& config) {
  return {config.retention, config.retention_1m, config.retention_1h};
}

Ledger::Options LedgerOptions(const GlobalConfig& config) {
  Ledger::Options options;
  options.interval = config.interval;
  options.node_id = config.node_id;
  options.retention = RetentionOf(config);
  options.compression = config.store_compression;
  return options;
}

std::vector<std::string> SinkNames(const GlobalConfig& config) {
  std::vector<std::string> names;
  for (const SinkConfig& sink : config.sinks) names.push_back(sink.name);
  return names;
}

// As a crash would, without a last write to a store that has failed; a start is made for that.
void EndAtOnce(const absl::Status& failure) {
  TRIBUTARY_LOG_ERROR("ending, for the store cannot be written: {}", failure.ToString());
  std::_Exit(EXIT_FAILURE);
}

// Zeros when it cannot be asked: that is no room, too.
std::filesystem::space_info DiskSpace(const GlobalConfig& config) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(config.store_path, error);
  return error ? std::filesystem::space_info{} : space;
}

// The newest view, when a global that has left hands its history over by it. `giving`: what an earlier life of it had
// begun to give when it was killed.
std::optional<View> HandsOverTo(const GlobalConfig& config, const Receiver::Left& left, const std::vector<View>& views,
                                HandoverId giving) {
  using HandOver = GlobalConfig::HandOver;
  const auto has_me = [&](const View& view) {
    return std::any_of(view.members.begin(), view.members.end(),
                       [&](const Member& member) { return member.id == config.node_id; });
  };
  if (config.hand_over == HandOver::kNever || !left.is_over || views.empty() || has_me(views.back())) {
    return std::nullopt;
  }
  const auto last_with_me = std::find_if(views.rbegin(), views.rend(), has_me);
  const bool goes_on = std::any_of(views.rbegin(), last_with_me,
                                   [&](const View& view) { return HandoverIdOf(config.node_id, view) == giving; });
  if (config.hand_over == HandOver::kRemoved && !left.was_removed && !goes_on) return std::nullopt;
  return views.back();
}

// As the views had it; this one's own port otherwise.
std::string AddressOf(const GlobalConfig& config, const std::vector<View>& views) {
  std::string address = config.grpc_listen.HostPort();
  for (const View& view : views) {
    for (const Member& member : view.members) {
      if (member.id == config.node_id) address = member.address;
    }
  }
  return address;
}

void HandOver(const View& view, const GlobalConfig& config, Ledger& ledger, StoreId store, HistorySender::Hooks hooks,
              const RpcTrustPtr& trust, const Clock& clock, HandoverMetrics& metrics) {
  HistorySender::Options options;
  options.cluster = config.cluster;
  options.node_id = config.node_id;
  options.address = AddressOf(config, hooks.views());
  options.interval = config.interval;
  options.store = store;
  options.until = absl::Now() + config.handover_timeout;
  const auto to_peer = [&](const Member& member) { return NewGrpcHistoryPeer(member.address, trust); };
  const absl::Status given =
      HistorySender(ledger, std::move(options), std::move(hooks), to_peer, clock, metrics).Run(view);
  if (!given.ok()) TRIBUTARY_LOG_ERROR("handing over: {}", given.ToString());
}

absl::Status Run(const GlobalConfig& config, Daemon& daemon) {
  const Clock& clock = daemon.clock();
  Telemetry& telemetry = daemon.telemetry();

  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<Database> database, Database::Open(DatabaseOptions(config)));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<Ledger> ledger,
                             Ledger::Open(*database, LedgerOptions(config), clock.Now()));
  TRIBUTARY_ASSIGN_OR_RETURN(WindowBookState state, ledger->LoadState());
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<StoreCopies> copies,
                             StoreCopies::Open({config.cluster, config.node_id, config.interval, config.store_path,
                                                DatabaseOptions(config), LedgerOptions(config)},
                                               *database, clock, telemetry));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<Outbox> outbox,
                             Outbox::Open(*database, config.outbox_max_bytes, SinkNames(config)));
  const auto outbox_bytes =
      telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_global_outbox_bytes",
                           "On disk, of rows that wait for sinks.", {}, [&] { return double(outbox->bytes()); });
  const auto store_bytes = telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_global_store_bytes", "On disk.", {},
                                                [&] { return double(database->DiskBytes()); });
  const auto disk_bytes =
      telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_global_disk_bytes", "Of the file system of the store.",
                           {}, [&] { return double(DiskSpace(config).capacity); });
  const auto disk_available_bytes =
      telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_global_disk_available_bytes", "Of that, free for us.",
                           {}, [&] { return double(DiskSpace(config).available); });
  const auto store_series =
      telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_global_store_series", "Series that have rows.", {},
                           [&] { return double(ledger->series_count()); });
  const StoreReadings store_readings(*ledger, clock, telemetry);
  LogProjection(*ledger);
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<Feeders> feeders, Feeders::Make(config, *outbox, clock, telemetry));

  const WindowBookOptions book = BookOptions(config);
  EventLoop loop("receive");
  loop.RunEvery(config.interval / 4, daemon.watchdog().Watch("receive"));
  Committer committer(*database, *ledger, *outbox, clock,
                      {config.interval, book.horizon, EndAtOnce, daemon.watchdog().Watch("commit")}, telemetry);
  Receiver receiver(loop, clock, {config.cluster, config.node_id, config.interval, book, feeders->take_events()},
                    std::move(state), committer, telemetry);
  HandoverMetrics handover_metrics(telemetry);
  HistoryService history(
      *ledger, {config.cluster, config.node_id, config.interval},
      [&](std::function<void(rocksdb::WriteBatch&)> fill, absl::Duration patience) {
        return committer.Apply(std::move(fill), patience);
      },
      [&] { return receiver.KnownViews(); }, clock, telemetry);
  SelectService::Options select_options;
  select_options.handovers = &ledger->handovers();
  select_options.holders_heard_of = [&](HandoverId id) { return history.HoldersHeardOf(id); };
  select_options.store = copies->store();
  select_options.list_copies = [&] { return copies->List(); };
  select_options.read_copy = [&](StoreId store) { return copies->Read(store); };
  SelectService queries(*ledger, select_options, telemetry);
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<NoteService> notes, NoteService::Open(*database));
  const auto describe_store = [&](const v1::InspectRequest&, v1::InspectResponse& response) {
    response.set_series(ledger->series_count());
    response.set_store_bytes(database->DiskBytes());
  };
  InspectService status(
      {.version = TRIBUTARY_VERSION},
      {[&](const v1::InspectRequest& request, v1::InspectResponse& response) { receiver.Describe(request, response); },
       [&](const v1::InspectRequest&, v1::InspectResponse& response) { feeders->Describe(response); }, describe_store},
      clock);
  daemon.admin().AddReadyCheck("receive", [&receiver] { return receiver.Ready(); });

  TRIBUTARY_ASSIGN_OR_RETURN(
      const RpcTrustPtr trust,
      RpcTrust::Open(config.tls, config.cluster, TlsIdentity::Role::kGlobal, daemon.trust().refusals()));
  TRIBUTARY_ASSIGN_OR_RETURN(
      const std::unique_ptr<DeliveryServer> server,
      DeliveryServer::Start(loop,
                            {.listen = config.grpc_listen.HostPort(),
                             .max_connections = static_cast<size_t>(config.max_connections),
                             .trust = trust,
                             .refusals = daemon.trust().refusals()},
                            receiver.callbacks(), {&queries, &status, notes.get(), &history, &copies->service()}));
  const auto connections =
      telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_rpc_connections", "Of gRPC clients, open now.", {},
                           [&server = *server] { return static_cast<double>(server.connections()); });
  receiver.Start();
  feeders->Start();
  const IntervalScale scale(config.interval);
  copies->Start(config.store_copies > 1,
                {[&] { return receiver.KnownViews(); }, [&] { return scale.End(ledger->sealed_through()); }}, trust,
                handover_metrics);
  const absl::Cleanup stop_copies = [&] { copies->Stop(absl::ZeroDuration()); };
  TRIBUTARY_LOG_INFO("{}: proxies on {}, http on {}", config.node_id, config.grpc_listen.HostPort(),
                     config.http_listen.HostPort());

  GlobalConfig in_force = config;
  TRIBUTARY_RETURN_IF_ERROR(daemon.Serve<GlobalConfig>({"store.retention", "store.retention_1m", "store.retention_1h",
                                                        "expected_agents", "handover.when", "handover.timeout"},
                                                       [&](const GlobalConfig& next) {
                                                         in_force.hand_over = next.hand_over;
                                                         in_force.handover_timeout = next.handover_timeout;
                                                         ledger->SetRetention(RetentionOf(next));
                                                         receiver.SetExpectedAgents(next.expected_agents);
                                                         return absl::OkStatus();
                                                       }));
  TRIBUTARY_LOG_INFO("leaving: committing what is this node's before the next view");
  const absl::Duration grace = daemon.shutdown_grace();
  const absl::Time until = clock.Now() + grace;
  const Receiver::Left left = receiver.Leave(grace * 3 / 4);
  if (const auto view = HandsOverTo(in_force, left, receiver.KnownViews(), ledger->handovers().giving());
      view && !daemon.starts_over()) {
    daemon.ExtendStop(in_force.handover_timeout + 2 * grace);
    HistorySender::Hooks hooks;
    hooks.on_begun = [&]() -> absl::Status {
      server->EndSessions();  // late units go to their new owners now, and wait no longer than that takes
      if (!receiver.Leave(grace).is_over) return absl::DeadlineExceededError("windows are still open");
      return committer.RollUpTheRest(in_force.handover_timeout);
    };
    hooks.views = [&] { return receiver.KnownViews(); };
    HandOver(*view, in_force, *ledger, copies->store(), std::move(hooks), trust, clock, handover_metrics);
  }
  copies->Stop(kCopyPatience);
  server->Shutdown(absl::Seconds(1));
  loop.Stop();
  committer.Stop();
  feeders->Stop(clock, until);
  daemon.EndPages();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  if (IsStoreCommand(argc, argv)) return RunStoreCommand(argc, argv);
  AllowOnlyTls13();
  const Program<GlobalConfig> program = {
      kProgram, TRIBUTARY_VERSION,
      "The owner: merges the fleet's units, commits, stores and feeds sinks. With --store first: looks at a store, "
      "checks, exports or imports it (--store --help).",
      ReadGlobalConfig,
      [](const GlobalConfig& config, const std::string&, Daemon& daemon) { return Run(config, daemon); }};
  return RunProgram(argc, argv, program);
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) { return tributary::Main(argc, argv); }
