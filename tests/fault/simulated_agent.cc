#include "tests/fault/simulated_agent.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/aggregate/aggregate.h"
#include "common/base/check.h"

namespace tributary {

namespace {

constexpr absl::Duration kTick = absl::Milliseconds(500);
constexpr int kPartitionsUsed = 8;

UnitLedger::Options LedgerOptions(const SimulatedWorld& world, const InstanceId& instance, uint64_t memory_bytes) {
  UnitLedger::Options options;
  options.cluster = "sim";
  options.host = "host";
  options.instance = instance;
  options.interval = world.scale().length();
  options.first_interval = SimulatedWorld::kStart;
  options.memory_bytes = memory_bytes;
  return options;
}

PartitionId AnyPartition(SimulatedWorld& world) {
  return static_cast<PartitionId>(world.Below(kPartitionsUsed) * (kPartitionCount / kPartitionsUsed));
}

}  // namespace

SimulatedAgent::SimulatedAgent(SimulatedWorld& world, int number, uint64_t memory_bytes, const Proxies& proxies)
    : SimulatedNode(world),
      memory_bytes_(memory_bytes),
      proxies_(proxies),
      instance_(*InstanceId::FromBytes(absl::StrFormat("agent%d%010d", number, world.Random() % 1'000'000'000))),
      next_proxy_(static_cast<size_t>(number)),
      ledger_(LedgerOptions(world, instance_, memory_bytes)) {
  Connect();
  Tick();
}

uint64_t SimulatedAgent::samples_dropped() const {
  uint64_t dropped = 0;
  for (const uint64_t samples : counts().samples_dropped) dropped += samples;
  return dropped;
}

void SimulatedAgent::BreakStream() {
  if (link_ != nullptr) link_->Break();
}

void SimulatedAgent::CutOff(absl::Duration time) {
  cut_off_until_ = world_.now() + time;
  BreakStream();
}

void SimulatedAgent::CloseInterval(IntervalIndex interval, bool busy) {
  ClosedInterval closed;
  closed.interval = interval;
  closed.marker.set_interval(interval);
  PartitionSet nonempty;
  for (int units = busy ? world_.Below(5) : 0; units > 0; --units) AddUnit(interval, nonempty, closed);
  if (busy && world_.Chance() < 0.1) AddLateUnit(interval, closed);
  if (nonempty.any()) closed.marker.set_nonempty(EncodePartitions(nonempty));
  for (const v1::Block& block : closed.blocks) closed.counts.accepted += block.sample_count();
  for (const v1::Block& block : closed.late_blocks) closed.counts.accepted += block.sample_count();
  ledger_.Close(world_.now(), std::move(closed));
  Pump();
}

// One partition's unit, of one or two chunks.
void SimulatedAgent::AddUnit(IntervalIndex interval, PartitionSet& nonempty, ClosedInterval& closed) {
  const PartitionId partition = AnyPartition(world_);
  if (nonempty[partition]) return;
  nonempty.set(partition);
  const uint32_t chunks = world_.Chance() < 0.2 ? 2 : 1;
  for (uint32_t chunk = 0; chunk < chunks; ++chunk) {
    SimulationRecords::Sent& sent = world_.records.sent[{interval, partition}][{instance_, chunk}];
    v1::Block block = Fill(partition, sent).Finish(interval, partition).front();
    block.set_chunk(chunk);
    block.set_chunk_count(chunks);
    closed.blocks.push_back(std::move(block));
  }
}

void SimulatedAgent::AddLateUnit(IntervalIndex closing, ClosedInterval& closed) {
  const IntervalIndex interval = closing - 1 - world_.Below(5);
  if (interval < SimulatedWorld::kStart) return;
  ++world_.marks.late_units;
  const PartitionId partition = AnyPartition(world_);
  const uint32_t chunk = LateChunk(interval, closing, 0);
  SimulationRecords::Sent& sent = world_.records.sent[{interval, partition}][{instance_, chunk}];
  closed.late_blocks = Fill(partition, sent).FinishLate(interval, partition, closing);
}

// A unit of one series, with a value that says which it is.
UnitBuilder SimulatedAgent::Fill(PartitionId partition, SimulationRecords::Sent& sent) {
  sent.value = 1 + world_.Below(1'000'000);
  sent.samples = static_cast<uint64_t>(1 + world_.Below(100));
  CounterAggregate counter;
  counter.Add(sent.value, 1);
  UnitBuilder builder(instance_);
  const SeriesKey key{absl::StrCat("series-", partition), {}, MetricType::kCounter};
  TRIBUTARY_CHECK(builder.Add(key, counter, sent.samples));
  return builder;
}

void SimulatedAgent::CheckBooks() {
  if (counts().samples_accepted != counts().samples_committed + samples_dropped() + counts().samples_pending) {
    world_.Violate("an agent's books do not balance");
  }
  if (counts().pending_bytes > memory_bytes_) world_.Violate("an agent holds more than its bound");
}

void SimulatedAgent::Tick() {
  Pump();
  DoAfter(kTick, [this] { Tick(); });
}

void SimulatedAgent::Connect() {
  proxy_ = proxies_[next_proxy_++ % proxies_.size()].get();
  const auto again = [this] { DoAfter(world_.Between(0.02, 0.5), [this] { Connect(); }); };
  if (!proxy_->responsive() || world_.now() < cut_off_until_) return again();
  session_ = std::make_shared<SessionId>();
  SimulatedLink::End client{.node = this, .life = life(), .on_close = [this, again] {
                              link_ = nullptr;
                              ledger_.StreamClosed(world_.now());
                              again();
                            }};
  SimulatedLink::End server{.node = proxy_, .life = proxy_->life(), .on_close = [proxy = proxy_, session = session_] {
                              proxy->Closed(*session);
                            }};
  link_ = std::make_shared<SimulatedLink>(world_, std::move(client), std::move(server));
  *session_ = proxy_->Open(link_, [this](const v1::Down& down) { Receive(down); });
  ledger_.StreamOpened(world_.now());
  Pump();
}

void SimulatedAgent::Receive(const v1::Down& down) {
  if (!Validate(down).ok()) world_.Violate("a malformed message reached an agent");
  if (down.has_refusal()) world_.Violate("an agent was refused: " + down.refusal().reason());
  ledger_.Receive(world_.now(), down);
  Pump();
}

void SimulatedAgent::Pump() {
  while (link_ != nullptr) {
    const std::optional<v1::Up> up = ledger_.Next(world_.now());
    if (!up.has_value()) return;
    if (DifferenceOf(up->marker().books()) != 0) world_.Violate("the books that an agent tells do not balance");
    link_->SendUp(up->ByteSizeLong(),
                  [proxy = proxy_, session = session_, message = *up] { proxy->Receive(*session, message); });
  }
}

}  // namespace tributary
