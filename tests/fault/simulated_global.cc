#include "tests/fault/simulated_global.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "common/aggregate/aggregate.h"
#include "common/wire/messages.h"
#include "common/wire/payload.h"
#include "global/receive/answers.h"

namespace tributary {

namespace {

constexpr absl::Duration kTick = absl::Seconds(1);

UnitChunk Decode(const InstanceId& instance, const v1::Block& block) {
  UnitChunk unit;
  unit.instance = instance;
  unit.interval = block.interval();
  unit.partition = static_cast<PartitionId>(block.partition());
  unit.chunk = block.chunk();
  unit.chunk_count = block.chunk_count();
  unit.sample_count = block.sample_count();
  unit.crc32c = block.crc32c();
  unit.series = DecodePayload(block, instance)->series;
  return unit;
}

}  // namespace

SimulatedGlobal::SimulatedGlobal(SimulatedWorld& world, const std::string& id, int expected_agents)
    : SimulatedNode(world), id_(id) {
  options_.node_id = id_;
  options_.expected_agents = expected_agents;
  Start();
}

void SimulatedGlobal::Start() {
  incarnation_ = world_.Random();
  views_ = ViewHistory();
  proxies_.clear();
  book_ = std::make_unique<WindowBook>(options_, disk_, world_.now());
  Tick();
}

void SimulatedGlobal::Kill() {
  if (!alive()) return;
  NoteLost();
  joined_.clear();
  if (plan_.has_value()) {
    const bool on_disk = world_.Chance() < 0.5;
    ++(on_disk ? world_.marks.commits_untold : world_.marks.commits_lost);
    if (on_disk) Write(*plan_);
    plan_.reset();
  }
  ++world_.marks.globals_killed;
  Die();
  for (const auto& [id, session] : sessions_) session.link->Break();
  sessions_.clear();
  route_.clear();
  book_.reset();
}

void SimulatedGlobal::Restart() {
  if (alive()) return;
  Live();
  Start();
}

void SimulatedGlobal::Freeze() {
  NoteLost();
  Pause();
}

void SimulatedGlobal::Tick() {
  Emit(book_->Step(world_.now(), tributary::Tick{}));
  DoAfter(kTick, [this] { Tick(); });
}

void SimulatedGlobal::Open(const std::shared_ptr<SimulatedLink>& link, Answer answer) {
  sessions_[link->id()] = {link, std::move(answer), {}};
}

void SimulatedGlobal::Close(uint64_t link) {
  sessions_.erase(link);
  std::erase_if(route_, [&](const auto& route) { return route.second == link; });
}

void SimulatedGlobal::Receive(uint64_t link, const v1::Up& up) {
  const InstanceId instance = *InstanceId::FromBytes(up.instance());
  std::set<InstanceId>& instances = sessions_.at(link).instances;
  if (up.has_hello()) instances.insert(instance);
  if (!instances.contains(instance)) return;
  route_[instance] = link;
  Emit(Take(instance, up));
}

WindowOutputs SimulatedGlobal::Take(const InstanceId& instance, const v1::Up& up) {
  if (up.has_view()) return TakeView(*FromProto(up.view()));
  if (up.hello().role() == v1::ROLE_PROXY) {
    WelcomeProxy(instance);
    return {};
  }
  Hear(instance);
  if (up.has_hello()) {
    return book_->Step(world_.now(),
                       AgentHello{instance, up.hello().host(), up.hello().first_interval(), std::nullopt});
  }
  if (up.has_marker()) {
    const PartitionSet nonempty = *DecodePartitions(up.marker().nonempty());
    return book_->Step(world_.now(), AgentMarker{instance, up.marker().interval(), nonempty});
  }
  WindowOutputs out;
  for (const v1::Block& block : up.batch().blocks()) Append(book_->Step(world_.now(), Decode(instance, block)), out);
  return out;
}

WindowOutputs SimulatedGlobal::TakeView(const View& view) {
  if (!views_.Add(view)) return {};
  for (const InstanceId& proxy : proxies_) TellView(proxy, view);
  return book_->Step(world_.now(), view);
}

void SimulatedGlobal::WelcomeProxy(const InstanceId& instance) {
  proxies_.insert(instance);
  for (const View& view : views_.views()) TellView(instance, view);
  v1::Down down;
  down.mutable_welcome()->set_incarnation(incarnation_);
  Say(instance, std::move(down));
}

void SimulatedGlobal::TellView(const InstanceId& proxy, const View& view) {
  v1::Down down;
  *down.mutable_view() = ToProto(view);
  Say(proxy, std::move(down));
}

void SimulatedGlobal::Emit(WindowOutputs out) {
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
    ++world_.marks.pulls;
    v1::Down down;
    down.mutable_pull()->set_interval(pull.interval);
    for (const PartitionId partition : pull.partitions) down.mutable_pull()->add_partitions(partition);
    Say(pull.instance, std::move(down));
  }
  if (!out.commit.has_value()) return;
  plan_ = std::move(out.commit);
  for (const WindowCommit& window : plan_->windows) {
    if (window.kind == CloseKind::kComplete) CheckComplete(window);
    if (window.kind == CloseKind::kPartial) CheckWaited(window);
  }
  DoAfter(world_.Between(0.001, 0.05), [this] {
    const CommitPlan plan = *std::exchange(plan_, std::nullopt);
    Write(plan);
    Emit(book_->Step(world_.now(), CommitDone{plan.number}));
  });
}

void SimulatedGlobal::Say(const InstanceId& instance, v1::Down down) {
  const auto route = route_.find(instance);
  if (route == route_.end()) return;
  down.set_instance(std::string(instance.bytes()));
  down.set_owner(id_);
  const Session& session = sessions_.at(route->second);
  session.link->SendDown(down.ByteSizeLong(), [answer = session.answer, down] { answer(down); });
}

void SimulatedGlobal::Write(const CommitPlan& plan) {
  for (const WindowCommit& window : plan.windows) {
    disk_.manifests[{window.interval, window.partition}].push_back(window.manifest);
    Record(window);
  }
  for (const SeriesTotal& total : plan.totals) {
    std::erase_if(disk_.totals, [&](const SeriesTotal& old) { return old.key == total.key; });
    disk_.totals.push_back(total);
  }
  if (plan.roster) disk_.roster = *plan.roster;
  disk_.sealed_through = plan.sealed_through;
}

void SimulatedGlobal::Record(const WindowCommit& window) {
  world_.marks.partial_closes += window.kind == CloseKind::kPartial ? 1 : 0;
  world_.marks.supersets += window.kind == CloseKind::kSuperset ? 1 : 0;
  SimulationRecords::Stored& stored = world_.records.stored[{window.interval, window.partition}][id_];
  for (const Row& row : window.rows) {
    stored.rows[{row.key, row.version}] = std::get<CounterAggregate>(row.value).total.ToDouble();
  }
  for (const ManifestChunk& chunk : window.manifest.chunks) stored.named.emplace(chunk.instance, chunk.chunk);
  stored.closed |= window.manifest.closed;
}

bool SimulatedGlobal::BooksBalance() const {
  if (book_ == nullptr) return true;
  const WindowBookStats stats = book_->stats();
  return stats.samples_accepted == stats.samples_committed + stats.samples_dropped + stats.samples_open;
}

void SimulatedGlobal::Hear(const InstanceId& agent) {
  joined_.insert(agent);
  heard_[agent] = world_.now();
  lost_.erase(agent);
}

void SimulatedGlobal::NoteLost() {
  for (const auto& [agent, heard] : heard_) {
    const absl::Duration silence = world_.now() - std::max(heard, running_since());
    if (silence >= options_.lease * world_.scale().length()) lost_.insert(agent);
  }
}

bool SimulatedGlobal::IsOnRoster(const InstanceId& agent) const {
  return joined_.contains(agent) || std::any_of(disk_.roster.begin(), disk_.roster.end(),
                                                [&](const auto& entry) { return entry.instance == agent; });
}

// An agent that has never reached this global is not on its roster, and not waited for.
void SimulatedGlobal::CheckComplete(const WindowCommit& window) {
  const SimulationRecords::Window name(window.interval, window.partition);
  std::set<SimulationRecords::ChunkName> here = world_.records.stored[name][id_].named;
  for (const ManifestChunk& chunk : window.manifest.chunks) here.emplace(chunk.instance, chunk.chunk);
  for (const auto& [chunk, sent] : world_.records.sent[name]) {
    const bool announced = chunk.second < kFirstLateChunk && IsOnRoster(chunk.first);
    if (!announced || here.contains(chunk)) continue;
    world_.Violate(absl::StrFormat("%s closed (%d, %d) as complete without chunk %d of %s", id_, name.first,
                                   name.second, chunk.second, chunk.first.ToString()));
  }
}

// What is missing is waited for until the deadline, or until the lease of an agent that is cut off has ended; both in
// time that the global itself has seen.
void SimulatedGlobal::CheckWaited(const WindowCommit& window) {
  NoteLost();
  if (!lost_.empty()) return;
  const absl::Duration waited = world_.now() - std::max(world_.scale().End(window.interval), running_since());
  if (waited >= options_.hold * world_.scale().length()) return;
  world_.Violate(absl::StrFormat("%s closed (%d, %d) as partial after %s", id_, window.interval, window.partition,
                                 absl::FormatDuration(waited)));
}

}  // namespace tributary
