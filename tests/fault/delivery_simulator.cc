#include "tests/fault/delivery_simulator.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "global/merge/manifest.h"

namespace tributary {

DeliverySimulator::DeliverySimulator(Options options) : options_(options), world_(options.seed) {
  std::vector<Member> both;
  for (int i = 0; i < kGlobals; ++i) {
    const std::string id = absl::StrCat("global-", i);
    globals_.push_back(std::make_unique<SimulatedGlobal>(world_, id, kAgents));
    globals_by_id_[id] = globals_.back().get();
    both.push_back({.id = id, .address = "here", .weight = 1});
  }
  const std::vector<Member> one(both.begin(), both.begin() + 1);
  const int change = world_.Below(5);  // 0: a member joins; 1: one leaves; else: none
  const int proxies = 1 + world_.Below(2);
  for (int i = 0; i < proxies; ++i) {
    proxies_.push_back(std::make_unique<SimulatedProxy>(world_, globals_by_id_, change == 0 ? one : both));
  }
  for (int i = 0; i < kAgents; ++i) {
    agents_.push_back(std::make_unique<SimulatedAgent>(world_, i, options_.agent_memory_bytes, proxies_));
  }
  member_leaves_ = change == 1;
  if (change <= 1) PlanChangeOfMembers(change == 0 ? both : one);
}

DeliverySimulator::~DeliverySimulator() { world_.DropEvents(); }

void DeliverySimulator::Run() {
  const IntervalIndex faults_end = SimulatedWorld::kStart + options_.fault_intervals;
  const IntervalIndex last = faults_end + kHealIntervals;
  const IntervalScale& scale = world_.scale();
  PlanIntervals(last);
  PlanFaults(scale.Start(faults_end));
  world_.RunUntil(scale.Start(faults_end));
  Heal();
  while (!Settled() && world_.now() < scale.Start(last)) world_.RunUntil(world_.now() + scale.length());
  if (!Settled()) world_.Violate("units are still pending long after the last fault");
  CheckRecords();
  for (const auto& agent : agents_) {
    world_.marks.units_dropped += static_cast<int>(agent->counts().units_dropped);
    world_.marks.units_sent_again += static_cast<int>(agent->counts().units_sent - agent->counts().units_committed);
  }
}

void DeliverySimulator::PlanIntervals(IntervalIndex last) {
  for (IntervalIndex interval = SimulatedWorld::kStart; interval < last; ++interval) {
    const bool busy = interval < SimulatedWorld::kStart + options_.fault_intervals;
    world_.At(world_.scale().End(interval), [this, interval, busy] {
      for (const auto& agent : agents_) agent->CloseInterval(interval, busy);
      CheckBooks();
    });
  }
}

// Each proxy finds out by itself.
void DeliverySimulator::PlanChangeOfMembers(const std::vector<Member>& members) {
  ++world_.marks.members_changed;
  const absl::Duration when = world_.Between(2, options_.fault_intervals);
  for (const auto& proxy : proxies_) {
    world_.After(when + world_.Between(0, 3), [&proxy, members] { proxy->SetMembers(members); });
  }
}

void DeliverySimulator::PlanFaults(absl::Time until) {
  Repeat(2, until, [this] {
    ++world_.marks.streams_broken;
    AnyAgent().BreakStream();
  });
  Repeat(3, until, [this] {
    ++world_.marks.streams_broken;
    AnyProxy().BreakUpstream(AnyGlobal().id());
  });
  // What a member has committed without an agent that was out of reach, its heir does not make whole.
  if (member_leaves_) return;
  Repeat(10, until, [this] {
    ++world_.marks.agents_cut_off;
    AnyAgent().CutOff(world_.Between(1, 15));
  });
  Repeat(8, until, [this] {
    SimulatedGlobal& global = AnyGlobal();
    if (!global.responsive()) return;
    ++world_.marks.globals_frozen;
    global.Freeze();
    world_.After(world_.Between(0.1, 18), [&global] { global.Thaw(); });
  });
  // Views are not on disk: who starts anew may not learn what was before a change, and two owners may then commit a
  // window, each under its own name. Here, nobody dies where members change.
  if (world_.marks.members_changed == 0) PlanDeaths(until);
}

void DeliverySimulator::PlanDeaths(absl::Time until) {
  Repeat(6, until, [this] {
    SimulatedProxy& proxy = AnyProxy();
    proxy.Kill();
    world_.After(world_.Between(0.1, 3), [&proxy] { proxy.Restart(); });
  });
  Repeat(6, until, [this] {
    SimulatedGlobal& global = AnyGlobal();
    global.Kill();
    world_.After(world_.Between(0.1, 3), [&global] { global.Restart(); });
  });
}

void DeliverySimulator::Repeat(double mean_intervals, absl::Time until, const std::function<void()>& fault) {
  if (world_.Chance() < 0.4) return;
  const auto pause = [&] { return world_.Between(0, 2 * mean_intervals); };
  for (absl::Time at = world_.now() + pause(); at < until; at += pause()) world_.At(at, fault);
}

void DeliverySimulator::Heal() {
  for (const auto& proxy : proxies_) proxy->Restart();
  for (const auto& global : globals_) {
    global->Restart();
    global->Thaw();
  }
}

bool DeliverySimulator::Settled() const {
  return std::all_of(agents_.begin(), agents_.end(),
                     [](const auto& agent) { return agent->counts().samples_pending == 0; });
}

void DeliverySimulator::CheckBooks() {
  for (const auto& agent : agents_) agent->CheckBooks();
  for (const auto& global : globals_) {
    if (!global->BooksBalance()) world_.Violate(global->id() + ": books do not balance");
  }
}

void DeliverySimulator::CheckRecords() {
  uint64_t committed = 0;
  uint64_t dropped = 0;
  for (const auto& agent : agents_) {
    committed += agent->counts().samples_committed;
    dropped += agent->samples_dropped();
  }
  uint64_t stored = 0;
  for (const auto& [window, chunks] : world_.records.sent) {
    std::map<ChunkName, int> times;
    for (const auto& [global, said] : world_.records.stored[window]) CheckWindow(window, global, said, times);
    for (const auto& [chunk, sent] : chunks) {
      const int merged = times[chunk];
      stored += merged > 0 ? sent.samples : 0;
      const bool right = world_.marks.members_changed > 0 ? merged >= 1 : merged == 1;
      if (right || (merged == 0 && dropped > 0)) continue;
      world_.Violate(absl::StrFormat("chunk %d of %s in window (%d, %d) is merged %d times", chunk.second,
                                     chunk.first.ToString(), window.first, window.second, merged));
    }
  }
  if (committed == stored) return;
  world_.Violate(absl::StrFormat("agents had %d samples committed, the manifests name %d", committed, stored));
}

void DeliverySimulator::CheckWindow(const Window& window, const std::string& global,
                                    const SimulationRecords::Stored& said, std::map<ChunkName, int>& times) {
  double sum = 0;
  for (const ChunkName& chunk : said.named) {
    if (!said.closed && chunk.second < kFirstLateChunk) continue;  // merged in part
    ++times[chunk];
    sum += world_.records.sent[window][chunk].value;
  }
  double rows = 0;
  for (const auto& [series, value] : said.rows) rows += value;
  if (!said.closed || rows == sum) return;
  world_.Violate(absl::StrFormat("%s: rows of window (%d, %d) hold %.0f, its chunks %.0f", global, window.first,
                                 window.second, rows, sum));
}

SimulatedAgent& DeliverySimulator::AnyAgent() { return *agents_[static_cast<size_t>(world_.Below(kAgents))]; }
SimulatedGlobal& DeliverySimulator::AnyGlobal() { return *globals_[static_cast<size_t>(world_.Below(kGlobals))]; }
SimulatedProxy& DeliverySimulator::AnyProxy() {
  return *proxies_[static_cast<size_t>(world_.Below(static_cast<int>(proxies_.size())))];
}

}  // namespace tributary
