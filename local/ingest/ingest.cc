#include "local/ingest/ingest.h"

#include <utility>

#include "common/base/status.h"
#include "local/ingest/datagram_listener.h"
#include "local/ingest/sockets.h"
#include "local/ingest/stream_listener.h"

namespace tributary {

absl::StatusOr<std::unique_ptr<Ingest>> Ingest::Start(Options options, RuleSet rules, const Clock& clock,
                                                      Telemetry& telemetry) {
  std::unique_ptr<Ingest> ingest(new Ingest(std::move(options), std::move(rules), clock, telemetry));
  for (const Address& address : ingest->options_.config.listen) {
    TRIBUTARY_RETURN_IF_ERROR(Annotate(ingest->Open(address), "ingest.listen"));
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
      limiter_(options_.limits),
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

absl::Status Ingest::Open(const Address& address) {
  switch (address.kind) {
    case Address::Kind::kUdp:
      return OpenUdp(address);
    case Address::Kind::kTcp:
      return OpenTcp(address);
    case Address::Kind::kUnixDatagram:
    case Address::Kind::kUnixStream:
      return OpenUnix(address);
  }
  return absl::InvalidArgumentError(address.ToString());
}

absl::Status Ingest::OpenUdp(const Address& address) {
  const IngestConfig& config = options_.config;
  TRIBUTARY_ASSIGN_OR_RETURN(auto sockets, OpenUdpSockets(address, config.udp_readers, config.receive_buffer_bytes));
  for (BoundSocket& bound : sockets) {
    Reader& reader = NewReader();
    reader.listener = std::make_unique<DatagramListener>(
        std::move(bound.socket), bound.address, UnixSocketPath(), config.max_datagram_bytes,
        DatagramMetrics(telemetry_, address.ToString()), *reader.packets);
  }
  return absl::OkStatus();
}

absl::Status Ingest::OpenTcp(const Address& address) {
  TRIBUTARY_ASSIGN_OR_RETURN(BoundSocket bound, OpenTcpSocket(address));
  Reader& reader = NewReader();
  reader.listener =
      std::make_unique<StreamListener>(std::move(bound.socket), bound.address, UnixSocketPath(), options_.config,
                                       clock_, StreamMetrics(telemetry_, address.ToString()), *reader.packets);
  return absl::OkStatus();
}

absl::Status Ingest::OpenUnix(const Address& address) {
  const IngestConfig& config = options_.config;
  TRIBUTARY_ASSIGN_OR_RETURN(UnixSocket bound,
                             OpenUnixSocket(address, config.socket_mode, config.receive_buffer_bytes));
  Reader& reader = NewReader();
  if (address.kind == Address::Kind::kUnixDatagram) {
    reader.listener = std::make_unique<DatagramListener>(
        std::move(bound.socket), address, std::move(bound.path), config.max_datagram_bytes,
        DatagramMetrics(telemetry_, address.ToString()), *reader.packets);
  } else {
    reader.listener =
        std::make_unique<StreamListener>(std::move(bound.socket), address, std::move(bound.path), config, clock_,
                                         StreamMetrics(telemetry_, address.ToString()), *reader.packets);
  }
  return absl::OkStatus();
}

void Ingest::Reconfigure(RuleSet rules, const LimitsConfig& limits) {
  const MutexLock lock(policy_mutex_);
  policy_ = std::make_shared<const Policy>(Policy{std::move(rules), limits});
  limiter_.Adopt(limits);
  levels_.set_max_levels(2 * limits.max_series);
  for (Reader& reader : readers_) reader.shard->Adopt(policy_);
}

Ingest::Reader& Ingest::NewReader() {
  const MutexLock lock(policy_mutex_);
  const SeriesTable::Environment environment = {policy_, options_.host, options_.cluster_seed, limiter_,
                                                options_.config.gauge_deltas ? &levels_ : nullptr};
  const Shard::Options shard_options = {options_.scale, options_.instance, options_.compression};
  Reader& reader = readers_.emplace_back();
  reader.shard =
      std::make_unique<Shard>(shard_options, options_.first_interval, environment, clock_, ShardMetrics(telemetry_));
  reader.packets = std::make_unique<PacketReader>(LineParser::Options{options_.config.gauge_deltas},
                                                  LineMetrics(telemetry_), *reader.shard, taps_);
  return reader;
}

std::vector<Address> Ingest::addresses() const {
  std::vector<Address> addresses;
  for (const Reader& reader : readers_) {
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
