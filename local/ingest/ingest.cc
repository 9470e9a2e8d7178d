#include "local/ingest/ingest.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/net/socket_address.h"
#include "local/ingest/available_cpus.h"
#include "local/ingest/datagram_listener.h"

namespace tributary {

absl::StatusOr<std::unique_ptr<Ingest>> Ingest::Start(Options options, RuleSet rules, const Clock& clock,
                                                      Telemetry& telemetry, InheritedSockets* inherited) {
  std::unique_ptr<Ingest> ingest(new Ingest(std::move(options), std::move(rules), clock, telemetry));
  for (const Address& address : ingest->options_.config.listen) {
    TRIBUTARY_RETURN_IF_ERROR(Annotate(ingest->Open(address, inherited), "ingest.listen"));
  }
  for (Reader& reader : ingest->readers_) {
    reader.shard->set_wake([listener = reader.listener.get()] { listener->Wake(); });
    reader.listener->Start();
  }
  return ingest;
}

Ingest::Ingest(Options options, RuleSet rules, const Clock& clock, Telemetry& telemetry)
    : options_(std::move(options)),
      clock_(clock),
      telemetry_(telemetry),
      limiter_(options_.limits, clock),
      levels_(2 * options_.limits.max_series),
      policy_(std::make_shared<const Policy>(Policy{std::move(rules), options_.limits})),
      taps_(clock),
      series_reading_(telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_local_series",
                                           "Series the agent knows; those of several shards count once.", {},
                                           [this] { return static_cast<double>(limiter_.series_count()); })) {}

Ingest::~Ingest() { Stop(); }

void Ingest::Stop() {
  for (Reader& reader : readers_) {
    if (reader.listener != nullptr) reader.listener->Stop();
    reader.shard->Detach();
  }
}

absl::StatusOr<std::vector<BoundSocket>> Ingest::Bind(const Address& address, InheritedSockets* inherited) const {
  const IngestConfig& config = options_.config;
  std::vector<BoundSocket> sockets;
  if (inherited != nullptr) {
    for (FileDescriptor& socket : inherited->Take(address)) sockets.push_back({std::move(socket), address});
    if (!sockets.empty()) return sockets;
  }
  if (address.kind == Address::Kind::kUdp) {
    return OpenUdpSockets(address, config.udp_readers > 0 ? config.udp_readers : DefaultUdpReaders(AvailableCpus()));
  }
  const UnixPermissions permissions = {config.socket_mode, config.socket_group};
  TRIBUTARY_ASSIGN_OR_RETURN(BoundSocket bound,
                             address.is_unix() ? OpenUnixSocket(address, permissions) : OpenTcpSocket(address));
  sockets.push_back(std::move(bound));
  return sockets;
}

absl::Status Ingest::Open(const Address& address, InheritedSockets* inherited) {
  TRIBUTARY_ASSIGN_OR_RETURN(std::vector<BoundSocket> sockets, Bind(address, inherited));
  if (address.kind == Address::Kind::kUdp) {
    const int readers = static_cast<int>(sockets.size());
    if (const int asked = options_.config.udp_readers; asked != 0 && asked != readers) {
      TRIBUTARY_LOG_WARN("{}: {} sockets were inherited, so there are as many readers, not ingest.udp_readers: {}",
                         address.ToString(), readers, asked);
    }
    for (const BoundSocket& bound : sockets) RaiseReceiveBuffer(bound, options_.config.receive_buffer_bytes);
  }
  for (BoundSocket& bound : sockets) {
    Reader& reader = NewReader();
    reader.listener = NewListener(address, std::move(bound), *reader.packets);
  }
  return absl::OkStatus();
}

std::unique_ptr<Listener> Ingest::NewListener(const Address& configured, BoundSocket bound, TextReceiver& receiver) {
  const IngestConfig& config = options_.config;
  if (SocketType(configured) == SOCK_DGRAM) {
    return std::make_unique<DatagramListener>(std::move(bound), config.max_datagram_bytes,
                                              DatagramMetrics(telemetry_, configured.ToString()), receiver);
  }
  const bool is_tls = configured.kind == Address::Kind::kTls;
  return std::make_unique<StreamListener>(std::move(bound), config, is_tls ? options_.certificates : nullptr, clock_,
                                          StreamMetrics(telemetry_, configured.ToString()), receiver);
}

void Ingest::Reconfigure(RuleSet rules, const LimitsConfig& limits) {
  const MutexLock lock(policy_mutex_);
  policy_ = std::make_shared<const Policy>(Policy{std::move(rules), limits});
  limiter_.Adopt(limits);
  levels_.set_max_levels(2 * limits.max_series);
  for (Reader& reader : readers_) reader.shard->Adopt(policy_);
}

std::unique_ptr<Shard> Ingest::NewShard(std::optional<Scope> scope_of_source) {
  const MutexLock lock(policy_mutex_);
  const SeriesTable::Environment environment = {
      policy_,        options_.host, options_.cluster_seed, limiter_, options_.config.gauge_deltas ? &levels_ : nullptr,
      scope_of_source};
  const Shard::Options shard_options = {options_.scale, options_.instance, options_.compression};
  return std::make_unique<Shard>(shard_options, options_.first_interval, environment, clock_, ShardMetrics(telemetry_));
}

Ingest::Reader& Ingest::NewReader() {
  Reader& reader = readers_.emplace_back();
  reader.shard = NewShard(std::nullopt);
  reader.packets = std::make_unique<PacketReader>(LineParser::Options{options_.config.gauge_deltas},
                                                  LineMetrics(telemetry_), *reader.shard, taps_);
  return reader;
}

Shard& Ingest::AddShard(Scope scope) { return *(readers_.emplace_back().shard = NewShard(scope)); }

std::vector<Address> Ingest::addresses() const {
  std::vector<Address> addresses;
  for (const Reader& reader : readers_) {
    if (reader.listener == nullptr) continue;
    if (addresses.empty() || !(addresses.back() == reader.listener->address())) {
      addresses.push_back(reader.listener->address());
    }
  }
  return addresses;
}

std::vector<Shard*> Ingest::shards() const {
  std::vector<Shard*> shards;
  for (const Reader& reader : readers_) shards.push_back(reader.shard.get());
  return shards;
}

}  // namespace tributary
