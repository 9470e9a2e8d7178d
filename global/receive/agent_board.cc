#include "global/receive/agent_board.h"

#include <string>
#include <utility>

#include "global/merge/roster.h"

namespace tributary {
namespace {

v1::AgentState::State ToProto(RosterEntry::State state) {
  switch (state) {
    case RosterEntry::State::kActive:
      return v1::AgentState::STATE_LIVE;
    case RosterEntry::State::kSilent:
      return v1::AgentState::STATE_SILENT;
    case RosterEntry::State::kLost:
      return v1::AgentState::STATE_LOST;
    case RosterEntry::State::kLeft:
      return v1::AgentState::STATE_LEFT;
    case RosterEntry::State::kDead:
      return v1::AgentState::STATE_DEAD;
  }
  return v1::AgentState::STATE_UNSPECIFIED;
}

}  // namespace

void AgentBoard::SetRoster(const std::vector<RosterEntry>& roster) {
  MutexLock lock(mutex_);
  std::map<InstanceId, Agent> before = std::exchange(agents_, {});
  for (const RosterEntry& entry : roster) {
    const auto known = before.find(entry.instance);
    Agent agent = known == before.end() ? Agent() : std::move(known->second);
    agent.entry = entry;
    agents_.emplace_hint(agents_.end(), entry.instance, std::move(agent));
  }
}

void AgentBoard::Take(const InstanceId& instance, IntervalIndex interval, std::optional<v1::Books> books) {
  MutexLock lock(mutex_);
  auto agent = agents_.find(instance);
  if (agent == agents_.end()) {
    if (agents_.size() >= Roster::kMaxEntries) return;
    agent = agents_.try_emplace(instance).first;
  }
  if (interval < agent->second.last_interval) return;
  agent->second.last_interval = interval;
  agent->second.books = std::move(books);
}

void AgentBoard::Describe(v1::InspectResponse& response) const {
  MutexLock lock(mutex_);
  for (const auto& [instance, agent] : agents_) {
    if (!agent.entry) continue;
    v1::AgentState& out = *response.add_agents();
    out.set_instance(std::string(instance.bytes()));
    out.set_host(agent.entry->host);
    out.set_state(ToProto(agent.entry->state));
    out.set_last_interval(agent.last_interval);
    if (agent.books) *out.mutable_books() = *agent.books;
  }
}

}  // namespace tributary
