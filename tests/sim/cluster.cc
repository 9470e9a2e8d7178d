#include "tests/sim/cluster.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace tributary::sim {

Cluster::Cluster(const Options& options)
    : options_(options),
      world_(options.seed, options.tracing),
      dice_(~options.seed),
      swarm_(Swarm::Draw(dice_)),
      network_(world_, swarm_.agents + swarm_.proxies + kGlobals),
      checker_(world_, truth_, BookOptions()),
      faults_end_(world_.scale().Start(World::kStart + swarm_.fault_intervals)) {
  world_.Trace("seed %d: %s", options.seed, swarm_.ToString());
  if (swarm_.small_queues) network_.LimitQueues(2000);
  if (swarm_.stress) world_.Hit(Mark::kStress);
  Build();
}

Cluster::~Cluster() { world_.DropEvents(); }

WindowBookOptions Cluster::BookOptions() const {
  WindowBookOptions book;
  book.interval = world_.interval();
  book.hold = swarm_.hold;
  book.lease = swarm_.lease;
  book.expected_agents = swarm_.expected_agents;
  book.merge.compression = 20;
  if (swarm_.small_window_memory) book.memory_bytes = 20'000;
  return book;
}

void Cluster::Build() {
  for (int kind = 0; kind < Storage::kKinds; ++kind) {
    storages_.push_back(
        std::make_unique<Storage>(world_, static_cast<Storage::Kind>(kind), options_.mutation != Mutation::kOneName));
  }
  int number = 0;
  for (int i = 0; i < kGlobals; ++i) {
    Global::Options global{absl::StrCat("global-", i), BookOptions(), options_.mutation};
    globals_.push_back(std::make_unique<Global>(network_, number++, std::move(global), truth_, checker_, storages_));
    globals_by_id_[globals_.back()->name()] = globals_.back().get();
    if (swarm_.slow_disks) globals_.back()->SlowDisk(0, 1.5);
  }
  members_ = SomeMembers();
  for (int i = 0; i < swarm_.proxies; ++i) {
    proxies_.push_back(std::make_unique<Proxy>(network_, number++, globals_by_id_, members_));
  }
  for (int i = 0; i < swarm_.agents; ++i) {
    Agent::Options agent;
    agent.index = i;
    agent.busy_until = World::kStart + swarm_.fault_intervals;
    agent.late_chance = swarm_.late_units ? 0.2 : 0;
    agent.conflict_chance = swarm_.clones ? 0.1 : 0;
    agent.mutation = options_.mutation;
    agent.spool = static_cast<Agent::Spool>(swarm_.spool);
    if (swarm_.small_spools) agent.spool_bytes = 6'000;
    if (swarm_.small_agent_memory) agent.memory_bytes = 3000;
    agents_.push_back(std::make_unique<Agent>(network_, number++, agent, proxies_, truth_));
  }
  const auto start = [&](auto& node) {
    if (swarm_.skewed_clocks) node->SetClock(world_.Between(-0.4, 0.4), 0.002 * (world_.Chance() - 0.5));
    node->Start();
  };
  for (auto& global : globals_) start(global);
  for (auto& proxy : proxies_) start(proxy);
  for (auto& agent : agents_) start(agent);
}

void Cluster::Run() {
  PlanFaults();
  const IntervalIndex last = World::kStart + swarm_.fault_intervals + kSettleIntervals;
  for (IntervalIndex interval = World::kStart; interval < last; ++interval) {
    world_.RunUntil(world_.scale().End(interval));
    CheckBooks();
    if (!world_.violations().empty()) return;
    if (world_.now() >= faults_end_ && !std::exchange(healed_, true)) Heal();
    if (healed_ && Settled()) break;
  }
  const Verdict verdict = Judge();
  for (const auto& [kind, what] : verdict.problems) world_.Violate(kind, what);
}

void Cluster::PlanFaults() {
  for (int fault = 0; fault < kFaults; ++fault) {
    const auto kind = static_cast<Fault>(fault);
    if (swarm_.has(kind) && !options_.without.contains(kind)) PlanKind(kind);
  }
}

void Cluster::PlanKind(Fault fault) {
  const double gap = swarm_.mean_gap[static_cast<int>(fault)];
  for (absl::Time at = world_.now() + Between(0.5, gap); at < faults_end_; at += Between(0, 2 * gap)) {
    world_.At(at, [this, fault, seed = dice_.Random()] {
      dice_ = Dice(seed);
      Strike(fault);
    });
  }
}

absl::Duration Cluster::Between(double min_intervals, double max_intervals) {
  return world_.interval() * dice_.Uniform(min_intervals, max_intervals);
}

absl::Duration Cluster::Length() { return Between(0.05, dice_.Chance(0.5) ? 1 : swarm_.max_fault); }

void Cluster::FreezeForAWhile(Node& node) {
  if (!node.responsive()) return;
  node.Freeze();
  world_.After(Length(), [&node, life = node.life()] {
    if (node.life() == life) node.Thaw();
  });
}

void Cluster::Strike(Fault fault) {
  const auto restart = [this](auto& node) { world_.After(Length(), [&node] { node.Restart(); }); };
  switch (fault) {
    case Fault::kBreakStream:
      world_.Hit(Mark::kStreamBroken);
      return AnyAgent().BreakStream();
    case Fault::kBreakUpstream:
      world_.Hit(Mark::kStreamBroken);
      return AnyProxy().BreakUpstream(AnyGlobal().name());
    case Fault::kKillAgent: {
      Agent& agent = AnyAgent();
      agent.Kill();
      return dice_.Chance(0.2) ? void() : restart(agent);
    }
    case Fault::kLeaveAgent: {
      Agent& agent = AnyAgent();
      agent.Leave();
      return world_.After(Length() + 4 * world_.interval(), [&agent] { agent.Restart(); });
    }
    case Fault::kKillProxy: {
      Proxy& proxy = AnyProxy();
      proxy.Kill();
      return restart(proxy);
    }
    case Fault::kKillGlobal: {
      const bool all = dice_.Chance(0.1);
      Global& one = AnyGlobal();
      for (const auto& global : globals_) {
        if (!all && global.get() != &one) continue;
        global->Kill();
        restart(*global);
      }
      return;
    }
    case Fault::kStopAtCommit:
      return StopAtCommit(AnyGlobal());
    case Fault::kLosePower: {
      Global& global = AnyGlobal();
      global.LosePower();
      return restart(global);
    }
    case Fault::kLoseDisk: {
      Global& global = AnyGlobal();
      global.LosePower();
      global.LoseDisk();
      return restart(global);
    }
    case Fault::kFillDisk: {
      Global& global = AnyGlobal();
      global.FillDisk(true);
      return world_.After(Length(), [this, &global] {
        global.FillDisk(false);
        world_.After(Length(), [&global] { global.Restart(); });
      });
    }
    case Fault::kFreezeGlobal:
      return FreezeForAWhile(AnyGlobal());
    case Fault::kFreezeProxy:
      return FreezeForAWhile(AnyProxy());
    case Fault::kFreezeAgent:
      return FreezeForAWhile(AnyAgent());
    case Fault::kPartition:
      return Partition();
    case Fault::kScale:
      return Scale();
    case Fault::kJumpClock:
      return JumpClock(dice_.Chance(0.5) ? static_cast<Node&>(AnyAgent()) : AnyGlobal());
    case Fault::kTroubleStorage:
      return storages_[static_cast<size_t>(dice_.Below(Storage::kKinds))]->Trouble(world_.now() + Length());
    case Fault::kLoseAgentPower: {
      Agent& agent = AnyAgent();
      agent.LosePower();
      return dice_.Chance(0.2) ? void() : restart(agent);
    }
    case Fault::kFillAgentDisk: {
      Agent& agent = AnyAgent();
      agent.FillDisk(true);
      return world_.After(Length(), [&agent] { agent.FillDisk(false); });
    }
    case Fault::kCount:
      return;
  }
}

void Cluster::StopAtCommit(Global& global) {
  constexpr Global::Point kPoints[] = {Global::Point::kPauseBeforeDisk, Global::Point::kKillBeforeDisk,
                                       Global::Point::kKillAfterDisk, Global::Point::kKillAfterSink};
  const absl::Duration pause = Between(0.5, swarm_.max_fault);
  global.Arm(kPoints[dice_.Below(4)], pause);
  world_.After(pause + Length(), [&global] {
    global.Arm(Global::Point::kNone, absl::ZeroDuration());
    global.Restart();
  });
}

void Cluster::Partition() {
  const int nodes = swarm_.agents + swarm_.proxies + kGlobals;
  uint32_t side = static_cast<uint32_t>(dice_.Random()) & ((1u << nodes) - 1);
  if (dice_.Chance(0.5)) side = 1u << dice_.Below(nodes);  // one alone
  const bool one_way = dice_.Chance(0.3);
  const bool flapping = dice_.Chance(0.3);
  world_.Hit(Mark::kPartition);
  if (one_way) world_.Hit(Mark::kAsymmetricPartition);
  if (flapping) world_.Hit(Mark::kFlappingPartition);
  world_.Trace("partition %#x%s%s", side, one_way ? ", one way" : "", flapping ? ", flapping" : "");
  Flap(side, one_way, flapping ? 3 + dice_.Below(6) : 1);
}

void Cluster::Flap(uint32_t side, bool one_way, int times) {
  if (healed_) return;
  network_.Cut(side, one_way);
  const absl::Duration length = times > 1 ? Between(0.02, 0.5) : Length();
  world_.After(length, [this, side, one_way, times] {
    network_.Mend(side, one_way);
    world_.Trace("partition %#x is over", side);
    if (times > 1 && !healed_) {
      world_.After(Between(0.02, 0.5), [this, side, one_way, times] { Flap(side, one_way, times - 1); });
    }
  });
}

std::vector<Member> Cluster::SomeMembers() {
  std::vector<Member> some;
  while (some.empty()) {
    for (const auto& global : globals_) {
      if (dice_.Chance(0.75)) some.push_back({.id = global->name(), .address = "here", .weight = 1});
    }
  }
  return some;
}

// Each proxy finds out by itself.
void Cluster::Scale() {
  world_.Hit(Mark::kScaled);
  if (world_.now() - last_scaled_ < 2 * world_.interval()) world_.Hit(Mark::kScaledBackToBack);
  last_scaled_ = world_.now();
  members_ = SomeMembers();
  world_.Trace("members are to be %s",
               absl::StrJoin(members_, " ", [](std::string* out, const Member& member) { *out += member.id; }));
  if (std::any_of(globals_.begin(), globals_.end(), [](const auto& global) { return !global->responsive(); })) {
    world_.Hit(Mark::kScaledAmidKills);
  }
  for (const auto& proxy : proxies_) {
    if (dice_.Chance(0.1)) continue;  // it misses this one
    world_.After(Between(0, 2), [this, &proxy, members = members_] {
      if (!healed_) proxy->SetMembers(members);
    });
  }
  if (proxies_.size() > 1) world_.Hit(Mark::kViewsDiffered);
}

void Cluster::JumpClock(Node& node) {
  world_.Hit(Mark::kClockJumped);
  const absl::Duration offset = Between(-3, 3);
  world_.Trace("%s: its clock is set by %s", node.name(), absl::FormatDuration(offset));
  node.SetClock(offset, 0);
}

void Cluster::Heal() {
  world_.Trace("all is well from now on");
  for (const auto& proxy : proxies_) {
    proxy->Restart();
    proxy->Thaw();
    proxy->SetClock(absl::ZeroDuration(), 0);
    proxy->SetMembers(members_);
  }
  for (const auto& storage : storages_) storage->Trouble(absl::InfinitePast());
  for (const auto& global : globals_) {
    global->FillDisk(false);
    global->SlowDisk(0.001, 0.03);
    global->Arm(Global::Point::kNone, absl::ZeroDuration());
    global->Restart();
    global->Thaw();
    global->SetClock(absl::ZeroDuration(), 0);
  }
  for (const auto& agent : agents_) {
    agent->FillDisk(false);
    agent->Thaw();
    agent->SetClock(absl::ZeroDuration(), 0);
  }
}

bool Cluster::Settled() const {
  const bool told = std::all_of(agents_.begin(), agents_.end(), [](const auto& agent) { return agent->settled(); });
  const bool fed = std::all_of(globals_.begin(), globals_.end(), [](const auto& global) { return global->fed(); });
  return told && fed && Judge().problems.empty();
}

Verdict Cluster::Judge() const {
  JudgeOptions options;
  if (options_.mutation == Mutation::kReadLast) options.reader = Reader::kLast;
  options.makes_whole = !swarm_.small_window_memory && !swarm_.small_agent_memory;
  return sim::Judge(truth_, globals_, agents_, storages_, options);
}

void Cluster::CheckBooks() {
  for (const auto& agent : agents_) agent->CheckBooks();
  for (const auto& global : globals_) global->CheckBooks();
}

}  // namespace tributary::sim
