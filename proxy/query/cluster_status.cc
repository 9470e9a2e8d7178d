#include "proxy/query/cluster_status.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/wire/messages.h"

namespace tributary {
namespace {

using State = v1::AgentState;

// Goodbye and a successor's Hello are for good; else whoever has heard more knows better.
int RankOf(State::State state) {
  switch (state) {
    case State::STATE_LEFT:
      return 0;
    case State::STATE_DEAD:
      return 1;
    case State::STATE_LIVE:
      return 2;
    case State::STATE_SILENT:
      return 3;
    case State::STATE_LOST:
      return 4;
    default:
      return 5;
  }
}

// The later news; the more committed where both are of one interval, for a Goodbye follows that interval's marker.
bool IsNewer(const v1::AgentState& news, const ClusterStatus::Agent& known) {
  const uint64_t committed = known.books ? known.books->committed() : 0;
  return std::tuple(news.last_interval(), news.has_books(), news.books().committed()) >
         std::tuple(known.last_interval, known.books.has_value(), committed);
}

void Merge(const v1::AgentState& news, ClusterStatus::Agent& agent) {
  agent.host = news.host();
  if (RankOf(news.state()) < RankOf(agent.state)) agent.state = news.state();
  if (!IsNewer(news, agent)) return;
  agent.last_interval = news.last_interval();
  agent.books = news.has_books() ? std::optional(news.books()) : std::nullopt;
}

bool IsWellFormed(const v1::AgentState& agent, const std::optional<InstanceId>& instance) {
  return instance && !instance->empty() && RankOf(agent.state()) < RankOf(State::STATE_UNSPECIFIED) &&
         agent.last_interval() >= -1 && agent.last_interval() <= kMaxInterval;
}

std::vector<ClusterStatus::Agent> AgentsOf(const std::vector<GlobalState>& globals) {
  std::map<InstanceId, ClusterStatus::Agent> agents;
  for (const GlobalState& global : globals) {
    for (const v1::AgentState& news : global.state.agents()) {
      const std::optional<InstanceId> instance = InstanceId::FromBytes(news.instance());
      if (!IsWellFormed(news, instance)) continue;
      ClusterStatus::Agent& agent = agents[*instance];
      agent.instance = *instance;
      Merge(news, agent);
    }
  }
  std::vector<ClusterStatus::Agent> sorted;
  for (auto& [instance, agent] : agents) sorted.push_back(std::move(agent));
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.host < b.host; });
  return sorted;
}

void AddTo(v1::Books& sum, const v1::Books& books) {
  sum.set_accepted(sum.accepted() + books.accepted());
  sum.set_committed(sum.committed() + books.committed());
  sum.set_local(sum.local() + books.local());
  sum.set_pending(sum.pending() + books.pending());
  sum.set_open(sum.open() + books.open());
  if (sum.dropped().empty()) sum.add_dropped();
  sum.mutable_dropped(0)->set_sample_count(DroppedOf(sum) + DroppedOf(books));
}

}  // namespace

ClusterStatus MergeStates(ClusterView view, std::vector<GlobalState> globals) {
  ClusterStatus status;
  status.view = std::move(view);
  status.globals = std::move(globals);
  status.agents = AgentsOf(status.globals);
  for (const ClusterStatus::Agent& agent : status.agents) {
    if (!agent.books) {
      ++status.untold;
      continue;
    }
    AddTo(status.books, *agent.books);
    status.balanced &= DifferenceOf(*agent.books) == 0;
  }
  for (const GlobalState& global : status.globals) status.balanced &= DifferenceOf(global.state.books()) == 0;
  return status;
}

absl::StatusOr<ClusterStatus> ClusterInspection::Inspect(uint32_t audit_intervals) {
  const bool admitted = running_.fetch_add(1) < options_.max_concurrent;
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  if (!admitted) return absl::UnavailableError(absl::StrCat("more than ", options_.max_concurrent, " look at once"));
  ClusterView view = view_();
  if (view.owners.empty()) return absl::UnavailableError("no global is known");
  std::vector<Member> members;
  for (const ClusterView::Owner& owner : view.owners) members.push_back(owner.member);
  v1::InspectRequest request;
  request.set_audit_intervals(audit_intervals);
  std::vector<GlobalState> globals = inspector_.Inspect(members, request, options_.timeout);
  for (GlobalState& global : globals) {
    if (!global.status.ok()) global.state.Clear();
    if (!absl::IsDeadlineExceeded(global.status)) continue;
    global.status = absl::DeadlineExceededError(absl::StrCat("no answer in ", absl::FormatDuration(options_.timeout)));
  }
  ClusterStatus status = MergeStates(std::move(view), std::move(globals));
  status.now = clock_.Now();
  return status;
}

}  // namespace tributary
