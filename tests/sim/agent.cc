#include "tests/sim/agent.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/wire/payload.h"

namespace tributary::sim {

namespace {

constexpr double kTick = 0.1;  // of an interval
constexpr double kGrace = 3;   // intervals to be told everything in
constexpr int kTimerSamples = 12;
constexpr int kMaxEmptyIntervals = 20;  // that a clock set forward may skip
constexpr PartitionId kStride = kPartitionCount / 4;

UnitLedger::Options LedgerOptions(const World& world, const InstanceId& instance, const Agent::Options& options) {
  UnitLedger::Options ledger;
  ledger.cluster = "sim";
  ledger.host = "host";
  ledger.instance = instance;
  ledger.interval = world.interval();
  ledger.memory_bytes = options.memory_bytes;
  ledger.retain_bytes = options.mutation == Mutation::kNoRetention ? 0 : options.retain_bytes;
  return ledger;
}

}  // namespace

Agent::Agent(Network& network, int number, Options options, const Proxies& proxies, Truth& truth)
    : Node(network.world(), number, absl::StrFormat("agent-%d", options.index)),
      network_(network),
      options_(options),
      proxies_(proxies),
      truth_(truth),
      next_proxy_(static_cast<size_t>(options.index)) {
  for (bool& used : habit_) used = world_.Chance(0.7);
}

void Agent::Start() {
  const bool stable = options_.mutation == Mutation::kStableAgentId;
  const InstanceId before = std::exchange(
      instance_, *InstanceId::FromBytes(absl::StrFormat("agent%d%010d", options_.index, stable ? 0 : life())));
  open_ = world_.scale().At(clock());
  UnitLedger::Options options = LedgerOptions(world_, instance_, options_);
  options.first_interval = open_;
  if (!stable) options.supersedes = before;
  chunks_.clear();
  leaving_ = false;
  ledger_ = std::make_unique<UnitLedger>(options);
  Connect();
  Tick();
}

void Agent::Kill() {
  if (!alive()) return;
  world_.Trace("%s is killed", name());
  world_.Hit(Mark::kAgentKilled);
  End();
}

void Agent::Leave() {
  if (!responsive() || leaving_) return;
  world_.Trace("%s is told to end", name());
  leaving_ = true;
  leave_by_ = world_.now() + kGrace * world_.interval();
  CloseOpen(true);
  ledger_->Hurry(clock());
  Pump();
}

void Agent::Restart() {
  if (alive()) return;
  Live();
  world_.Trace("%s starts anew", name());
  world_.Hit(Mark::kAgentRestarted);
  Start();
}

void Agent::End() {
  for (const auto& [name, chunk] : chunks_) chunk->was_lost |= !chunk->was_committed && !chunk->was_refused;
  Die();
  if (link_ != nullptr) std::exchange(link_, nullptr)->Close(Link::kClient);
}

void Agent::BreakStream() {
  if (link_ != nullptr) link_->Break();
}

void Agent::Tick() {
  CloseThrough(world_.scale().At(clock()) - 1);
  Pump();
  if (leaving_) FinishLeaving();
  if (alive()) DoAfter(kTick * world_.interval(), [this] { Tick(); });
}

void Agent::FinishLeaving() {
  if (!ledger_->drained() && world_.now() < leave_by_) return;
  if (ledger_->drained()) {
    ledger_->SayGoodbye(open_ - 1);
    Pump();
    world_.Hit(Mark::kAgentLeft);
  }
  world_.Trace("%s ends%s", name(), ledger_->drained() ? "" : " before everything is committed");
  End();
}

// Ends each interval, the first with what it has. A clock set back ends none for a while.
void Agent::CloseThrough(IntervalIndex last) {
  if (leaving_ || last < open_) return;
  CloseOpen(open_ < options_.busy_until);
  if (last - open_ > kMaxEmptyIntervals) open_ = last - kMaxEmptyIntervals;
  while (open_ <= last) CloseOpen(false);
}

void Agent::CloseOpen(bool busy) {
  ClosedInterval closed;
  closed.interval = open_;
  closed.marker.set_interval(open_);
  PartitionSet nonempty;
  if (busy) {
    for (int p = 0; p < kPartitionsUsed; ++p) {
      if (habit_[p] || world_.Chance(0.05)) AddUnit(static_cast<PartitionId>(p * kStride + 1), nonempty, closed);
    }
    if (world_.Chance(options_.late_chance)) AddLateUnit(closed);
  }
  if (nonempty.any()) closed.marker.set_nonempty(EncodePartitions(nonempty));
  ++open_;
  ledger_->Close(clock(), std::move(closed));
  Pump();
}

// One partition's unit, of one or two chunks.
void Agent::AddUnit(PartitionId partition, PartitionSet& nonempty, ClosedInterval& closed) {
  const uint32_t chunks = world_.Chance(0.15) ? 2 : 1;
  const WindowName window(open_, partition);
  const auto known = truth_.windows().find(window);
  if (known != truth_.windows().end() && known->second.size() + chunks + 1 > Truth::kMaxChunks) return;
  nonempty.set(partition);
  for (uint32_t chunk = 0; chunk < chunks; ++chunk) AddChunk(window, chunk, chunks, closed.blocks, closed);
}

void Agent::AddLateUnit(ClosedInterval& closed) {
  const IntervalIndex interval = open_ - 1 - world_.Below(5);
  if (interval < World::kStart) return;
  const auto partition = static_cast<PartitionId>(world_.Below(kPartitionsUsed) * kStride + 1);
  world_.Hit(Mark::kLateUnit);
  AddChunk({interval, partition}, LateChunk(interval, open_, 0), 0, closed.late_blocks, closed);
}

void Agent::AddChunk(WindowName window, uint32_t number, uint32_t chunk_count, std::vector<v1::Block>& blocks,
                     ClosedInterval& closed) {
  Chunk chunk;
  chunk.agent = options_.index;
  chunk.life = life();
  chunk.instance = instance_;
  chunk.window = window;
  chunk.chunk = number;
  chunk.chunk_count = chunk_count;
  chunk.samples = static_cast<uint64_t>(1 + world_.Below(100));
  for (int i = 0; i < kTimerSamples; ++i) chunk.timer.Add(world_.Below(1'000'000), 1);
  chunk.timer.digest.Compress();
  Chunk* added = truth_.Add(chunk);
  if (added == nullptr) return;
  chunks_[{window.first, window.second, number}] = added;
  closed.counts.accepted += chunk.samples;
  blocks.push_back(truth_.BlockOf(*added));
  if (!world_.Chance(options_.conflict_chance)) return;
  chunk.is_twin = true;
  chunk.twin = added;
  added->twin = truth_.Add(chunk);
}

void Agent::Connect() {
  if (link_ != nullptr) return;
  Proxy* proxy = proxies_[next_proxy_++ % proxies_.size()].get();
  const auto again = [this] { DoAfter(world_.Between(0.02, 0.4), [this] { Connect(); }); };
  if (!proxy->responsive() || !network_.Passes(*this, *proxy) || !network_.Passes(*proxy, *this)) return again();
  link_ = std::make_shared<Link>(network_, *this, *proxy);
  link_->OnClose(Link::kClient, [this, again, link = link_.get()] {
    link->Supersede();
    link_ = nullptr;
    ledger_->StreamClosed(clock());
    again();
  });
  proxy->Open(link_, [this, link = link_.get()](const v1::Down& down) {
    if (link_.get() == link) Receive(down);
  });
  ledger_->StreamOpened(clock());
  Pump();
}

void Agent::Receive(const v1::Down& down) {
  if (!Validate(down).ok()) world_.Violate("malformed", "a message reached an agent");
  if (down.has_refusal()) world_.Violate("refused", down.refusal().reason());
  NoteAnswers(down);
  ledger_->Receive(clock(), down);
  if (options_.mutation == Mutation::kFreeOnReceipt) FreeReceived(down);
  Pump();
}

void Agent::FreeReceived(const v1::Down& down) {
  for (const v1::Received::Blocks& blocks : down.received().blocks()) {
    if (blocks.status() != v1::BLOCK_STATUS_OK) continue;
    v1::Down committed;
    committed.set_instance(down.instance());
    committed.set_owner(down.owner());
    committed.mutable_committed()->set_interval(blocks.interval());
    *committed.mutable_committed()->mutable_partitions() = blocks.partitions();
    *committed.mutable_committed()->mutable_chunks() = blocks.chunks();
    ledger_->Receive(clock(), committed);
  }
}

Chunk* Agent::Find(IntervalIndex interval, uint32_t partition, uint32_t chunk) {
  const auto found = chunks_.find({interval, static_cast<PartitionId>(partition), chunk});
  return found == chunks_.end() ? nullptr : found->second;
}

// What becomes of chunks, as the ledger must take it: only Committed frees one, only a refusal for good drops it.
void Agent::NoteAnswers(const v1::Down& down) {
  if (down.instance() != instance_.bytes()) return;
  const v1::Committed& committed = down.committed();
  for (int i = 0; i < committed.partitions_size(); ++i) {
    Chunk* chunk = Find(committed.interval(), committed.partitions(i), committed.chunks(i));
    if (chunk == nullptr || chunk->was_refused) continue;
    if (!chunk->was_durable && (chunk->twin == nullptr || !chunk->twin->was_durable)) {
      world_.Violate(
          "ack", absl::StrFormat("%s was told that chunk %d is committed, and no disk has it", name(), chunk->number));
    }
    chunk->was_committed = true;
  }
  for (const v1::Received::Blocks& blocks : down.received().blocks()) {
    const bool refused = blocks.status() == v1::BLOCK_STATUS_INVALID || blocks.status() == v1::BLOCK_STATUS_TOO_OLD ||
                         blocks.status() == v1::BLOCK_STATUS_CONFLICT;
    if (blocks.status() == v1::BLOCK_STATUS_BUSY) world_.Hit(Mark::kBusy);
    if (blocks.status() == v1::BLOCK_STATUS_CONFLICT) world_.Hit(Mark::kConflict);
    if (blocks.status() == v1::BLOCK_STATUS_DUPLICATE) world_.Hit(Mark::kDuplicate);
    for (int i = 0; refused && i < blocks.partitions_size(); ++i) {
      Chunk* chunk = Find(blocks.interval(), blocks.partitions(i), blocks.chunks(i));
      if (chunk == nullptr || chunk->was_committed || chunk->was_refused) continue;
      chunk->was_refused = true;
      world_.Trace("%s: chunk %d is refused: %s", name(), chunk->number, v1::BlockStatus_Name(blocks.status()));
    }
  }
}

void Agent::Pump() {
  while (link_ != nullptr && link_->HasRoom(Link::kClient)) {
    std::optional<v1::Up> up = ledger_->Next(clock());
    if (!up.has_value()) return;
    if (up->has_batch() && options_.conflict_chance > 0) SendTwins(up->batch());
    NoteSent(up->batch());
    Send(*std::move(up));
  }
}

void Agent::NoteSent(const v1::Batch& batch) {
  for (const v1::Block& block : batch.blocks()) {
    Chunk* chunk = Find(block.interval(), block.partition(), block.chunk());
    if (chunk == nullptr) continue;
    if (std::exchange(chunk->was_sent, true)) world_.Hit(Mark::kSentAgain);
    if (chunk->was_committed) world_.Hit(Mark::kPullAnswered);
  }
}

void Agent::Send(v1::Up up) {
  size_t bytes = 100;
  for (const v1::Block& block : up.batch().blocks()) bytes += 40 + block.payload().size();
  Proxy* proxy = proxies_[(next_proxy_ - 1) % proxies_.size()].get();
  link_->Send(Link::kClient, bytes,
              [proxy, id = link_->id(), up = std::move(up)]() mutable { proxy->Receive(id, std::move(up)); });
}

void Agent::SendTwins(const v1::Batch& batch) {
  v1::Up up;
  up.set_instance(std::string(instance_.bytes()));
  up.mutable_batch()->set_owner(batch.owner());
  for (const v1::Block& block : batch.blocks()) {
    const Chunk* chunk = Find(block.interval(), block.partition(), block.chunk());
    if (chunk == nullptr || chunk->twin == nullptr || world_.Chance(0.5)) continue;
    *up.mutable_batch()->add_blocks() = truth_.BlockOf(*chunk->twin);
  }
  if (up.batch().blocks_size() > 0) Send(std::move(up));
}

void Agent::CheckBooks() const {
  if (!alive()) return;
  const UnitCounts& counts = ledger_->counts();
  uint64_t dropped = 0;
  for (const uint64_t samples : counts.samples_dropped) dropped += samples;
  if (counts.samples_accepted != counts.samples_committed + dropped + counts.samples_pending) {
    world_.Violate("books", name() + ": accepted is not committed + dropped + pending");
  }
  uint64_t accepted = 0;
  uint64_t committed = 0;
  uint64_t refused = 0;
  for (const auto& [block, chunk] : chunks_) {
    accepted += chunk->samples;
    committed += chunk->was_committed ? chunk->samples : 0;
    refused += chunk->was_refused ? chunk->samples : 0;
  }
  const uint64_t by_memory = counts.samples_dropped[static_cast<int>(UnitDrop::kForwardMemory)];
  if (by_memory > 0) world_.Hit(Mark::kMemoryDrop);
  if (accepted != counts.samples_accepted) world_.Violate("books", name() + ": accepted differs from the generator's");
  if (committed != counts.samples_committed && by_memory == 0) {
    world_.Violate("books", absl::StrFormat("%s: %d samples committed, but %d told so", name(),
                                            counts.samples_committed, committed));
  }
  if (dropped != refused + by_memory && by_memory == 0) {
    world_.Violate("books", absl::StrFormat("%s: %d samples dropped, but %d refused", name(), dropped, refused));
  }
  if (counts.pending_bytes > options_.memory_bytes) world_.Violate("bound", name() + " holds more than its memory");
}

}  // namespace tributary::sim
