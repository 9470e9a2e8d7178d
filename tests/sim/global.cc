#include "tests/sim/global.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/aggregate/aggregate_merger.h"
#include "common/wire/messages.h"
#include "global/receive/answers.h"

namespace tributary::sim {

namespace {

constexpr double kTick = 0.1;  // of an interval
constexpr double kPeerTimeout = 0.3;

}  // namespace

Global::Global(Network& network, int number, Options options, Truth& truth, Checker& checker, const Storages& storages)
    : Node(network.world(), number, options.id),
      network_(network),
      options_(std::move(options)),
      truth_(truth),
      checker_(checker),
      storages_(storages) {
  for (const auto& storage : storages_) {
    feeders_.push_back(std::make_unique<Feeder>(world_, *this, disk_, *storage));
    if (options_.mutation == Mutation::kFeedOnce) feeders_.back()->FeedOnce();
  }
}

void Global::Start() {
  incarnation_ = world_.Random();
  views_ = ViewHistory();
  proxies_.clear();
  committed_.clear();
  WindowBookState state = disk_.state;
  checker_.NoteStart(name(), state.roster);
  WindowBookOptions book = options_.book;
  book.node_id = options_.id;
  Mutate(options_.mutation, book);
  if (options_.mutation == Mutation::kEmptyRoster) state.roster.clear();
  PeerBook::Options peers;
  peers.cluster = "sim";
  peers.node_id = options_.id;
  peers.interval = world_.interval();
  peers.horizon = book.horizon;
  peers.chooses = options_.mutation != Mutation::kReadAll;
  const auto read_steps = [this](WindowName name) {
    const auto steps = disk_.state.manifests.find(name);
    return steps == disk_.state.manifests.end() ? std::vector<Manifest>() : steps->second;
  };
  peers_ = std::make_unique<PeerBook>(peers, incarnation_, state, disk_.left_out, read_steps, clock());
  asking_.clear();
  book_ = std::make_unique<WindowBook>(book, std::move(state), clock());
  if (!book_->warm() && life() > 0) world_.Hit(Mark::kColdWait);
  for (const auto& feeder : feeders_) feeder->Start();
  Tick();
}

void Global::Kill() {
  if (!alive()) return;
  world_.Trace("%s is killed%s", name(), plan_.has_value() ? ", its plan not on disk" : "");
  world_.Hit(Mark::kGlobalKilled);
  if (plan_.has_value()) world_.Hit(Mark::kKilledBeforeDisk);
  End();
}

void Global::LosePower() {
  if (!alive()) return;
  world_.Trace("%s loses power", name());
  world_.Hit(Mark::kPowerLost);
  if (plan_.has_value()) {
    const bool is_whole = world_.Chance(0.5);
    world_.Hit(is_whole ? Mark::kKilledBetweenDiskAndAck : Mark::kTornBatch);
    if (is_whole) Apply(*plan_);
    if (!is_whole && options_.mutation == Mutation::kTornCommit) disk_.Apply(*plan_, {});
  }
  End();
  disk_.LosePower();
}

void Global::LoseDisk() {
  if (alive()) return;
  world_.Trace("%s has lost its disk", name());
  world_.Hit(Mark::kDiskLost);
  disk_was_lost_ = true;
  disk_ = Disk();
}

void Global::Arm(Point point, absl::Duration pause) {
  point_ = point;
  pause_ = pause;
  for (const auto& feeder : feeders_) feeder->KillAtConfirmation(nullptr);
  if (point != Point::kKillAfterSink) return;
  feeders_[static_cast<size_t>(world_.Below(static_cast<int>(feeders_.size())))]->KillAtConfirmation([this] {
    world_.Trace("%s is killed between a storage and its confirmation", name());
    Kill();
  });
}

bool Global::fed() const {
  return std::all_of(storages_.begin(), storages_.end(), [&](const auto& storage) {
    const auto cursor = disk_.cursors.find(std::string(storage->name()));
    return disk_.outbox.empty() || (cursor != disk_.cursors.end() && cursor->second > disk_.outbox.back().sequence);
  });
}

void Global::End() {
  plan_.reset();
  point_ = Point::kNone;
  Die();
  for (const auto& [id, session] : sessions_) session.link->Close(Link::kServer);
  sessions_.clear();
  route_.clear();
  book_.reset();
  peers_.reset();
}

void Global::Restart() {
  if (alive()) return;
  Live();
  world_.Trace("%s starts anew", name());
  Start();
}

void Global::Tick() {
  if (options_.mutation == Mutation::kForgetLost) ForgetLost();
  peers_->SetOpen(book_->floor(), book_->open_windows());
  AskPeers();
  TakePeersChanges();
  if (!alive()) return;
  Emit(book_->Step(clock(), tributary::Tick{peers_->HeardAsOf(clock())}));
  if (alive()) DoAfter(kTick * world_.interval(), [this] { Tick(); });
}

void Global::AskPeers() {
  for (const auto& [id, address] : peers_->addresses()) {
    if (asking_.insert(id).second) Ask(id);
  }
}

void Global::Ask(const std::string& id) {
  DoAfter(kPeerTimeout * world_.interval(), [this, id] { asking_.erase(id); });
  Global& other = *peers_by_id_->at(id);
  v1::PeerRequest request = peers_->Ask(id);
  request.set_roster(!book_->warm() && options_.mutation != Mutation::kEmptyRoster);
  const absl::Time asked = clock();
  const uint64_t life = this->life();
  world_.After(world_.Between(0.0005, 0.02), [this, &other, id, request, asked, life] {
    if (!network_.Passes(*this, other) || !other.responsive()) return;
    const v1::PeerResponse response = other.AnswerPeer(request);
    world_.After(world_.Between(0.0005, 0.02), [this, &other, id, response, asked, life] {
      if (!network_.Passes(other, *this)) return;
      Do(life, [this, id, response, asked] { HearPeer(asked, id, response); });
    });
  });
}

v1::PeerResponse Global::AnswerPeer(const v1::PeerRequest& request) const {
  v1::PeerResponse response = peers_->Answer(request);
  if (request.roster() && book_->warm()) AddRoster(book_->roster(), response);
  return response;
}

void Global::HearPeer(absl::Time asked, const std::string& peer, const v1::PeerResponse& response) {
  peers_->Heard(asked, peer, response);
  if (response.warm() && !book_->warm()) {
    Emit(book_->Step(clock(), RosterIn(response)));
    if (alive() && book_->warm()) world_.Hit(Mark::kRosterFromPeer);
  }
  if (alive()) TakePeersChanges();
}

void Global::TakePeersChanges() {
  PeerBook::Changes changes = peers_->TakeChanges();
  for (auto& [window, out] : changes.left_out) {
    world_.Trace("%s: of %d/%d, %d versions are left out", name(), window.first - World::kStart, window.second,
                 out.versions.count());
    world_.Hit(out.versions.any() ? Mark::kLeftOut : Mark::kReadAgain);
    if (out.versions.any()) {
      disk_.left_out[window] = std::move(out);
    } else {
      disk_.left_out.erase(window);
    }
  }
  for (const WindowContest& contest : changes.contests) {
    if (!contest.missing.empty()) world_.Hit(Mark::kMissing);
    Emit(book_->Step(clock(), contest));
    if (!alive()) return;
  }
}

void Global::ForgetLost() {
  for (const RosterEntry& entry : book_->roster()) {
    if (entry.state != RosterEntry::State::kLost) continue;
    Emit(book_->Step(clock(), AgentGoodbye{entry.instance, world_.scale().At(entry.last_heard)}));
  }
}

// As an owner would that keeps one digest, and nothing of what went into it.
void Global::MergeAsTheyCame(CommitPlan& plan) const {
  for (WindowCommit& window : plan.windows) {
    const auto arrivals = arrivals_.find({window.interval, window.partition});
    if (arrivals == arrivals_.end()) continue;
    std::map<uint32_t, Content> contents;  // by version
    for (const Row& row : window.rows) {
      if (row.key->type == MetricType::kCounter) {
        contents[row.version] = Content::Of(std::get<CounterAggregate>(row.value));
      }
    }
    for (Row& row : window.rows) {
      if (row.key->type != MetricType::kTimer) continue;
      Content left = contents[row.version];
      std::optional<Aggregate> merged;
      for (const uint32_t number : arrivals->second) {
        const Chunk& chunk = truth_.at(number);
        if (left.TimesOf(chunk.digit) == 0) continue;
        left.times[static_cast<size_t>(chunk.digit)] = 0;
        AggregateMerger merger(MetricType::kTimer, options_.book.merge);
        if (merged) merger.Add(*merged, chunk.instance);
        merger.Add(chunk.timer, chunk.instance);
        merged = merger.Finish();
      }
      if (merged) row.value = *std::move(merged);
    }
  }
}

void Global::Open(const std::shared_ptr<Link>& link, Answer answer) {
  sessions_[link->id()] = {link, std::move(answer), {}};
  link->OnClose(Link::kServer, [this, id = link->id()] { Close(id); });
}

void Global::Close(uint64_t link) {
  sessions_.erase(link);
  std::erase_if(route_, [&](const auto& route) { return route.second == link; });
}

void Global::Receive(uint64_t link, const v1::Up& up) {
  const auto session = sessions_.find(link);
  if (session == sessions_.end()) return;
  const InstanceId instance = *InstanceId::FromBytes(up.instance());
  std::set<InstanceId>& instances = session->second.instances;
  if (up.has_hello()) instances.insert(instance);
  if (!instances.contains(instance)) return;
  route_[instance] = link;
  Emit(Take(instance, up));
}

WindowOutputs Global::Take(const InstanceId& instance, const v1::Up& up) {
  if (up.has_view()) return TakeView(*FromProto(up.view()));
  if (up.has_hello()) return TakeHello(instance, up.hello());
  if (up.has_marker()) {
    const PartitionSet nonempty = *DecodePartitions(up.marker().nonempty());
    return book_->Step(clock(), AgentMarker{instance, up.marker().interval(), nonempty});
  }
  if (up.has_goodbye()) return book_->Step(clock(), AgentGoodbye{instance, up.goodbye().final_interval()});
  WindowOutputs out;
  for (const v1::Block& block : up.batch().blocks()) {
    auto unit = Decode(instance, block);
    if (!unit) continue;
    WindowOutputs taken = book_->Step(clock(), *std::move(unit));
    NoteReplays(taken);
    Append(std::move(taken), out);
  }
  return out;
}

WindowOutputs Global::TakeHello(const InstanceId& instance, const v1::Hello& hello) {
  if (hello.role() == v1::ROLE_PROXY) {
    WelcomeProxy(instance);
    return {};
  }
  checker_.NoteHello(name(), instance, hello.first_interval());
  AgentHello joined{instance, hello.host(), hello.first_interval(), std::nullopt};
  if (!hello.supersedes().empty()) joined.supersedes = InstanceId::FromBytes(hello.supersedes());
  return book_->Step(clock(), std::move(joined));
}

std::optional<UnitChunk> Global::Decode(const InstanceId& instance, const v1::Block& block) {
  const Chunk* chunk = truth_.ChunkOf(block);
  if (chunk == nullptr) return std::nullopt;
  if (options_.mutation == Mutation::kArrivalOrder) arrivals_[chunk->window].push_back(chunk->number);
  UnitChunk unit;
  unit.instance = instance;
  unit.interval = block.interval();
  unit.partition = static_cast<PartitionId>(block.partition());
  unit.chunk = block.chunk();
  unit.chunk_count = block.chunk_count();
  unit.sample_count = block.sample_count();
  unit.crc32c = block.crc32c();
  unit.series = Truth::SeriesOf(*chunk);
  return unit;
}

WindowOutputs Global::TakeView(const View& view) {
  if (!views_.Add(view)) return {};
  for (const InstanceId& proxy : proxies_) TellView(proxy, view);
  peers_->SetPeers(clock(), views_.views());
  return book_->Step(clock(), view);
}

// Told without a commit of this life: its manifest is a former one's.
void Global::NoteReplays(const WindowOutputs& out) {
  for (const UnitName& unit : out.committed) {
    if (!committed_.contains({unit.interval, unit.partition})) world_.Hit(Mark::kCommitReplayed);
  }
}

void Global::WelcomeProxy(const InstanceId& instance) {
  proxies_.insert(instance);
  for (const View& view : views_.views()) TellView(instance, view);
  v1::Down down;
  down.mutable_welcome()->set_incarnation(incarnation_);
  Say(instance, std::move(down));
}

void Global::TellView(const InstanceId& proxy, const View& view) {
  v1::Down down;
  *down.mutable_view() = ToProto(view);
  Say(proxy, std::move(down));
}

void Global::Emit(WindowOutputs out) {
  for (const WindowOutputs::Welcome& welcome : out.welcomes) {
    v1::Down down;
    down.mutable_welcome()->set_incarnation(incarnation_);
    down.mutable_welcome()->set_sealed_through(welcome.sealed_through);
    Say(welcome.instance, std::move(down));
  }
  for (auto& [instance, received] : ReceivedBy(out)) {
    v1::Down down;
    *down.mutable_received() = std::move(received);
    Say(instance, std::move(down));
  }
  for (auto& [instance, committed] : CommittedBy(out)) {
    v1::Down down;
    *down.mutable_committed() = std::move(committed);
    Say(instance, std::move(down));
  }
  for (const WindowOutputs::Pull& pull : out.pulls) {
    world_.Hit(Mark::kPull);
    for (const PartitionId partition : pull.partitions) NoteTakeover({pull.interval, partition}, Mark::kTakeoverPull);
    v1::Down down;
    down.mutable_pull()->set_interval(pull.interval);
    for (const PartitionId partition : pull.partitions) down.mutable_pull()->add_partitions(partition);
    Say(pull.instance, std::move(down));
  }
  if (out.commit.has_value()) Commit(*std::move(out.commit));
}

void Global::Say(const InstanceId& instance, v1::Down down) {
  const auto route = route_.find(instance);
  if (route == route_.end()) return;
  down.set_instance(std::string(instance.bytes()));
  down.set_owner(options_.id);
  const Session& session = sessions_.at(route->second);
  const bool is_welcome = down.has_welcome();
  const bool sent =
      session.link->Send(Link::kServer, 100, [answer = session.answer, down = std::move(down)] { answer(down); });
  if (!sent && is_welcome) session.link->Close(Link::kServer);
}

void Global::Commit(CommitPlan plan) {
  if (options_.mutation == Mutation::kArrivalOrder) MergeAsTheyCame(plan);
  checker_.CheckPlan(name(), clock(), book_->roster(), disk_, plan);
  plan_ = std::move(plan);
  plan_made_ = world_.now();
  if (point_ == Point::kPauseBeforeDisk) {
    point_ = Point::kNone;
    world_.Hit(Mark::kPausedBeforeCommit);
    world_.Trace("%s is to be frozen between a plan and its commit", name());
    Freeze();
    world_.After(pause_, [this, life = life()] {
      if (life == this->life()) Thaw();
    });
  }
  if (options_.mutation == Mutation::kAckBeforeCommit) {
    world_.After(absl::ZeroDuration(), [this, life = life(), number = plan_->number] {
      Do(life, [this, number] { Emit(book_->Step(clock(), CommitDone{number})); });
    });
  }
  DoAfter(world_.Between(disk_min_, disk_max_), [this] { Write(); });
}

void Global::Write() {
  if (point_ == Point::kKillBeforeDisk) return Kill();
  if (disk_.full) {
    world_.Hit(Mark::kDiskFull);
    world_.Trace("%s finds its disk full", name());
    return Kill();
  }
  if (!plan_.has_value()) return;  // acknowledged before, and the next one has taken its place
  const CommitPlan plan = *std::exchange(plan_, std::nullopt);
  Apply(plan);
  if (point_ == Point::kKillAfterDisk) {
    world_.Hit(Mark::kKilledBetweenDiskAndAck);
    world_.Trace("%s is killed between the disk and the acknowledgement", name());
    return End();
  }
  peers_->Committed(plan.Names());
  if (options_.mutation != Mutation::kAckBeforeCommit) Emit(book_->Step(clock(), CommitDone{plan.number}));
  if (alive()) TakePeersChanges();
}

void Global::NoteTakeover(WindowName window, Mark mark) {
  const Member* owner = views_.OwnerOf(window.second, window.first);
  if (owner != nullptr && owner->id != options_.id) world_.Hit(mark);
}

void Global::Apply(const CommitPlan& plan) {
  std::vector<StoredRow> outgoing;
  for (const WindowCommit& window : plan.windows) {
    const WindowName window_name(window.interval, window.partition);
    committed_.insert(window_name);
    NoteTakeover(window_name, Mark::kTakeover);
    for (StoredRow& row : checker_.TakeRows(name(), plan_made_, disk_, window)) {
      row.life = life();
      disk_.rows[row.window].push_back(row);
      outgoing.push_back(std::move(row));
    }
    for (const ManifestChunk& named : window.manifest.chunks) {
      if (!window.manifest.closed && named.chunk < kFirstLateChunk) continue;
      if (truth_.NoteDurable(window_name, named.instance, named.chunk, named.crc32c) && disk_was_lost_) {
        world_.Hit(Mark::kLostDiskRebuilt);
      }
    }
  }
  disk_.Apply(plan, std::move(outgoing));
}

void Global::CheckBooks() const {
  if (book_ == nullptr) return;
  const WindowBookStats stats = book_->stats();
  if (stats.samples_accepted == stats.samples_committed + stats.samples_dropped + stats.samples_open) return;
  world_.Violate("books", name() + ": accepted is not committed + dropped + open");
}

}  // namespace tributary::sim
