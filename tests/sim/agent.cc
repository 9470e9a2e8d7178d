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
constexpr uint64_t kSegmentBytes = 4096;
constexpr uint64_t kAmpleBytes = 1u << 20;  // a spool of so many never reaches its bound
constexpr PartitionId kStride = kPartitionCount / 4;

}  // namespace

Agent::Agent(Network& network, int number, Options options, const Proxies& proxies, Truth& truth)
    : Node(network.world(), number, absl::StrFormat("agent-%d", options.index)),
      network_(network),
      options_(options),
      proxies_(proxies),
      truth_(truth),
      node_clock_(*this),
      disk_(world_),
      witness_(world_),
      next_proxy_(static_cast<size_t>(options.index)) {
  for (bool& used : habit_) used = world_.Chance(0.7);
  if (options_.spool_bytes < kAmpleBytes) witness_.Excuse();
}

UnitLedger::Options Agent::LedgerOptions() const {
  UnitLedger::Options ledger;
  ledger.cluster = "sim";
  ledger.host = "host";
  ledger.instance = instance_;
  ledger.interval = world_.interval();
  ledger.first_interval = open_;
  ledger.memory_bytes = options_.memory_bytes;
  ledger.retain_bytes = options_.mutation == Mutation::kNoRetention ? 0 : options_.retain_bytes;
  ledger.retain_disk_bytes = ledger.retain_bytes;
  ledger.spool_always = options_.spool == Spool::kAlways;
  return ledger;
}

std::unique_ptr<LedgerStream> Agent::OpenStream(UnitLedger::Options options, UnitSpool* spool) {
  LedgerStream::Listener& listener = *this;
  return std::make_unique<LedgerStream>(*this, network_, proxies_, next_proxy_++, std::move(options), spool, listener);
}

void Agent::Start() {
  const bool stable = options_.mutation == Mutation::kStableAgentId;
  const InstanceId before = std::exchange(
      instance_, *InstanceId::FromBytes(absl::StrFormat("agent%d%010d", options_.index, stable ? 0 : life())));
  open_ = world_.scale().At(clock());
  started_ = world_.now();
  leaving_ = false;
  if (stable) chunks_.clear();
  if (options_.spool != Spool::kOff && !stable) OpenSpool(before);
  UnitLedger::Options ledger = LedgerOptions();
  const bool is_delivered = replay_ == nullptr || !replay_->Has(before);
  if (!stable && (is_delivered || options_.mutation == Mutation::kEarlySuccessor)) ledger.supersedes = before;
  stream_ = OpenStream(std::move(ledger), watched_.get());
  stream_->Connect();
  Tick();
}

void Agent::OpenSpool(const InstanceId& before) {
  SpoolLog::Options options;
  options.max_bytes = options_.spool_bytes;
  options.segment_bytes = kSegmentBytes;
  log_ = *SpoolLog::Open(std::move(options), disk_.Mount(), node_clock_);
  std::map<InstanceId, Legacy> legacies = log_->TakeLegacies();
  CheckLeft(before, legacies, witness_.Open(name(), *log_, legacies));
  bound_is_exact_ = !disk_.full() && options_.spool_bytes >= kAmpleBytes;
  spool_ = log_->For(instance_);
  watched_ = witness_.Watch(instance_, *spool_);
  Replay::Options replay;
  replay.ledger = LedgerOptions();
  replay.open = [this](UnitLedger::Options ledger, UnitSpool* spool) { return OpenStream(std::move(ledger), spool); };
  const auto set_up_since = [this](const InstanceId& instance, absl::Time time) {
    for (const auto& [name, chunk] : chunks_[instance]) chunk->up_since = time;
  };
  replay.on_begin = [this, set_up_since](const InstanceId& instance) { set_up_since(instance, world_.now()); };
  replay.on_stopped = [set_up_since](const InstanceId& instance) { set_up_since(instance, absl::InfiniteFuture()); };
  replay.on_delivered = [this](const InstanceId& instance, const Legacy& legacy, const UnitLedger& ledger) {
    world_.Hit(Mark::kSpoolReplayed);
    CheckDelivered(instance, ledger);
    if (legacy.final_interval) return;
    stream_->ledger().Supersede(instance);
    stream_->Pump();
  };
  replay_ = std::make_unique<Replay>(std::move(replay), *this, world_.scale(), *log_, witness_, std::move(legacies));
}

// What the life before had and is not on disk is lost, and is no more than it has told of.
void Agent::CheckLeft(const InstanceId& before, const std::map<InstanceId, Legacy>& legacies,
                      const std::map<InstanceId, std::set<BlockName>>& found) {
  const auto chunks = chunks_.find(before);
  if (chunks == chunks_.end()) return;
  const auto left = found.find(before);
  uint64_t lost = 0;
  for (const auto& [name, chunk] : chunks->second) {
    if (chunk->was_committed || chunk->was_refused) continue;
    chunk->was_lost = left == found.end() || !left->second.contains(name);
    lost += chunk->was_lost ? chunk->samples : 0;
  }
  const auto legacy = legacies.find(before);
  const uint64_t told = legacy == legacies.end() ? 0 : legacy->second.lost_samples;
  if (!bound_is_exact_ || lost <= told) return;
  world_.Violate("spool", absl::StrFormat("%s has lost %d samples with a life that told of %d", name(), lost, told));
}

void Agent::CheckDelivered(const InstanceId& instance, const UnitLedger& ledger) {
  uint64_t dropped = 0;
  for (const uint64_t samples : ledger.counts().samples_dropped) dropped += samples;
  if (dropped > ledger.counts().samples_dropped[static_cast<int>(UnitDrop::kSpoolLost)]) return;
  for (const auto& [name, chunk] : chunks_[instance]) {
    if (chunk->was_committed || chunk->was_refused || chunk->was_lost) continue;
    world_.Violate("spool", absl::StrFormat("chunk %d of agent %d.%d was left on disk, and is not delivered",
                                            chunk->number, chunk->agent, chunk->life));
  }
}

void Agent::Kill() {
  if (!alive()) return;
  world_.Trace("%s is killed", name());
  world_.Hit(Mark::kAgentKilled);
  End();
}

void Agent::LosePower() {
  if (!alive()) return;
  world_.Trace("%s loses power", name());
  world_.Hit(Mark::kAgentPowerLost);
  End();
  disk_.LosePower();
  witness_.NotePowerLost();
  NoteEnd();
  bound_is_exact_ = false;
}

void Agent::Leave() {
  if (!responsive() || leaving_) return;
  world_.Trace("%s is told to end", name());
  leaving_ = true;
  leave_by_ = world_.now() + kGrace * world_.interval();
  CloseOpen(true);
  if (replay_ != nullptr) replay_->Stop();
  stream_->ledger().Hurry(clock());
  stream_->Pump();
}

void Agent::Restart() {
  if (alive()) return;
  Live();
  world_.Trace("%s starts anew", name());
  world_.Hit(Mark::kAgentRestarted);
  Start();
}

// What is neither committed nor on disk is lost.
void Agent::End() {
  NoteEnd();
  for (const UnitDrop reason : {UnitDrop::kForwardMemory, UnitDrop::kSpoolBound, UnitDrop::kSpoolLost}) {
    bound_is_exact_ &= ledger().counts().samples_dropped[static_cast<int>(reason)] == 0;
  }
  Die();
  stream_->Close();
  if (replay_ != nullptr) replay_->Stop();
}

void Agent::NoteEnd() {
  for (const auto& [instance, chunks] : chunks_) {
    for (const auto& [name, chunk] : chunks) {
      chunk->up_since = absl::InfiniteFuture();
      if (!chunk->was_committed && !chunk->was_refused && !witness_.Has(instance, name)) chunk->was_lost = true;
    }
  }
}

void Agent::BreakStream() { stream_->Break(); }

bool Agent::settled() const {
  if (!alive()) return true;
  return ledger().counts().samples_pending == 0 && (replay_ == nullptr || replay_->done());
}

void Agent::Tick() {
  CloseThrough(world_.scale().At(clock()) - 1);
  stream_->Pump();
  if (replay_ != nullptr) replay_->Tick();
  if (log_ != nullptr) {
    log_->Sync();
    witness_.NoteSync();
  }
  if (leaving_) FinishLeaving();
  if (alive()) DoAfter(kTick * world_.interval(), [this] { Tick(); });
}

void Agent::FinishLeaving() {
  UnitLedger& ledger = stream_->ledger();
  if (!ledger.drained() && world_.now() < leave_by_) return;
  if (ledger.drained()) {
    ledger.SayGoodbye(open_ - 1);
    stream_->Pump();
    world_.Hit(Mark::kAgentLeft);
    if (log_ != nullptr) log_->Finish(instance_);
  } else {
    ledger.SpillAll(open_ - 1);
    if (log_ != nullptr) world_.Hit(Mark::kSpilledAtEnd);
  }
  if (log_ != nullptr) {
    log_->Sync();
    witness_.NoteSync();
  }
  world_.Trace("%s ends%s", name(), ledger.drained() ? "" : " before everything is committed");
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
  stream_->ledger().Close(clock(), std::move(closed));
  stream_->Pump();
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
  chunk.up_since = started_;
  chunk.window = window;
  chunk.chunk = number;
  chunk.chunk_count = chunk_count;
  chunk.samples = static_cast<uint64_t>(1 + world_.Below(100));
  for (int i = 0; i < kTimerSamples; ++i) chunk.timer.Add(world_.Below(1'000'000), 1);
  chunk.timer.digest.Compress();
  Chunk* added = truth_.Add(chunk);
  if (added == nullptr) return;
  chunks_[instance_][{window.first, window.second, number}] = added;
  closed.counts.accepted += chunk.samples;
  blocks.push_back(truth_.BlockOf(*added));
  if (!world_.Chance(options_.conflict_chance)) return;
  chunk.is_twin = true;
  chunk.twin = added;
  added->twin = truth_.Add(chunk);
}

Chunk* Agent::Find(absl::string_view instance, BlockName name) {
  const auto chunks = chunks_.find(*InstanceId::FromBytes(instance));
  if (chunks == chunks_.end()) return nullptr;
  const auto found = chunks->second.find(name);
  return found == chunks->second.end() ? nullptr : found->second;
}

// What becomes of chunks, as the ledger must take it: only Committed frees one, only a refusal for good drops it.
void Agent::OnDown(const v1::Down& down) {
  if (!InstanceId::FromBytes(down.instance())) return;
  const v1::Committed& committed = down.committed();
  for (int i = 0; i < committed.partitions_size(); ++i) {
    Chunk* chunk = Find(down.instance(),
                        {committed.interval(), static_cast<PartitionId>(committed.partitions(i)), committed.chunks(i)});
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
      Chunk* chunk =
          Find(down.instance(), {blocks.interval(), static_cast<PartitionId>(blocks.partitions(i)), blocks.chunks(i)});
      if (chunk == nullptr || chunk->was_committed || chunk->was_refused) continue;
      chunk->was_refused = true;
      world_.Trace("%s: chunk %d is refused: %s", name(), chunk->number, v1::BlockStatus_Name(blocks.status()));
    }
  }
}

void Agent::AfterDown(UnitLedger& ledger, const v1::Down& down) {
  if (options_.mutation != Mutation::kFreeOnReceipt) return;
  for (const v1::Received::Blocks& blocks : down.received().blocks()) {
    if (blocks.status() != v1::BLOCK_STATUS_OK) continue;
    v1::Down committed;
    committed.set_instance(down.instance());
    committed.set_owner(down.owner());
    committed.mutable_committed()->set_interval(blocks.interval());
    *committed.mutable_committed()->mutable_partitions() = blocks.partitions();
    *committed.mutable_committed()->mutable_chunks() = blocks.chunks();
    ledger.Receive(clock(), committed);
  }
}

void Agent::OnBatch(LedgerStream& stream, const v1::Batch& batch) {
  if (options_.conflict_chance > 0) SendTwins(stream, batch);
  for (const v1::Block& block : batch.blocks()) {
    const Chunk* sent = truth_.ChunkOf(block);
    if (sent == nullptr) continue;
    Chunk& chunk = truth_.at(sent->number);
    if (std::exchange(chunk.was_sent, true)) world_.Hit(Mark::kSentAgain);
    if (chunk.was_committed) world_.Hit(Mark::kPullAnswered);
  }
}

void Agent::SendTwins(LedgerStream& stream, const v1::Batch& batch) {
  v1::Up up;
  up.mutable_batch()->set_owner(batch.owner());
  for (const v1::Block& block : batch.blocks()) {
    const Chunk* chunk = truth_.ChunkOf(block);
    if (chunk == nullptr || chunk->twin == nullptr || world_.Chance(0.5)) continue;
    up.set_instance(std::string(chunk->instance.bytes()));
    *up.mutable_batch()->add_blocks() = truth_.BlockOf(*chunk->twin);
  }
  if (up.batch().blocks_size() > 0) stream.Send(std::move(up));
}

void Agent::CheckBooks() const {
  if (!alive()) return;
  CheckLedger(ledger());
  if (replay_ != nullptr && replay_->current() != nullptr) CheckLedger(replay_->current()->ledger());
  uint64_t accepted = 0;
  uint64_t committed = 0;
  uint64_t refused = 0;
  const auto chunks = chunks_.find(instance_);
  for (const auto& [block, chunk] : chunks == chunks_.end() ? Chunks() : chunks->second) {
    accepted += chunk->samples;
    committed += chunk->was_committed ? chunk->samples : 0;
    refused += chunk->was_refused ? chunk->samples : 0;
  }
  const UnitCounts& counts = ledger().counts();
  if (accepted != counts.samples_accepted) world_.Violate("books", name() + ": accepted differs from the generator's");
  if (counts.samples_committed > committed) {
    world_.Violate("books", absl::StrFormat("%s: %d samples committed, but %d told so", name(),
                                            counts.samples_committed, committed));
  }
  const auto dropped = [&](UnitDrop reason) { return counts.samples_dropped[static_cast<int>(reason)]; };
  if (dropped(UnitDrop::kForwardMemory) > 0) world_.Hit(Mark::kMemoryDrop);
  if (counts.samples_spooled > 0) world_.Hit(Mark::kSpoolOverflow);
  const uint64_t refusals = dropped(UnitDrop::kInvalid) + dropped(UnitDrop::kTooOld) + dropped(UnitDrop::kConflict);
  if (refusals > refused) {
    world_.Violate("books", absl::StrFormat("%s: %d samples dropped, but %d refused", name(), refusals, refused));
  }
  // What was on disk only when an answer came is asked for again.
  const uint64_t given_up =
      dropped(UnitDrop::kForwardMemory) + dropped(UnitDrop::kSpoolBound) + dropped(UnitDrop::kSpoolLost);
  if (counts.samples_pending == 0 && given_up == 0 && counts.samples_committed + refusals != committed + refused) {
    world_.Violate("books", absl::StrFormat("%s: %d samples committed or refused, but %d told so", name(),
                                            counts.samples_committed + refusals, committed + refused));
  }
}

void Agent::CheckLedger(const UnitLedger& ledger) const {
  const UnitCounts& counts = ledger.counts();
  uint64_t dropped = 0;
  for (const uint64_t samples : counts.samples_dropped) dropped += samples;
  if (counts.samples_accepted != counts.samples_committed + dropped + counts.samples_pending) {
    world_.Violate("books", name() + ": accepted is not committed + dropped + pending");
  }
  if (counts.pending_bytes > options_.memory_bytes) world_.Violate("bound", name() + " holds more than its memory");
}

}  // namespace tributary::sim
