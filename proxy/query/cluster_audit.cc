#include "proxy/query/cluster_audit.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/wire/messages.h"

namespace tributary {
namespace {

struct Share {
  std::optional<uint64_t> announced;
  uint64_t committed = 0;
  uint64_t late = 0;
};
using Shares = std::map<IntervalIndex, std::map<InstanceId, Share>>;

// An agent is believed about its drops and what it still has, up to what is short of it.
struct Excuse {
  uint64_t under_way = 0;
  uint64_t lost = 0;
  uint64_t dropped = 0;
};

Shares SharesOf(const std::vector<GlobalState>& globals) {
  Shares shares;
  for (const GlobalState& global : globals) {
    for (const v1::IntervalShares& interval : global.state.audit()) {
      for (const v1::Share& told : interval.shares()) {
        const std::optional<InstanceId> instance = InstanceId::FromBytes(told.instance());
        if (!instance) continue;
        Share& share = shares[interval.interval()][*instance];
        if (told.has_announced()) share.announced = std::max(share.announced.value_or(0), uint64_t{told.announced()});
        share.committed += told.committed();
        share.late += told.late();
      }
    }
  }
  return shares;
}

// Of units: what rules or limits took never was in one.
bool IsDropOfUnits(const std::string& reason) {
  constexpr std::array kReasons = {"forward_memory", "invalid", "too_old", "conflict"};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

Excuse ExcuseOf(const ClusterStatus::Agent& agent) {
  Excuse excuse;
  if (!agent.books) return excuse;
  for (const v1::Drop& drop : agent.books->dropped()) {
    if (IsDropOfUnits(drop.reason())) excuse.dropped += drop.sample_count();
  }
  const bool lives = agent.state == v1::AgentState::STATE_LIVE || agent.state == v1::AgentState::STATE_SILENT;
  (lives ? excuse.under_way : excuse.lost) = agent.books->pending();
  return excuse;
}

uint64_t Take(uint64_t& from, uint64_t& wanted) {
  const uint64_t taken = std::min(from, wanted);
  from -= taken;
  wanted -= taken;
  return taken;
}

AuditSums SumsOf(const Share& share, Excuse& excuse, bool all_heard) {
  AuditSums sums;
  sums.late = share.late;
  if (!share.announced) {
    sums.unannounced = share.committed;
    return sums;
  }
  sums.announced = *share.announced;
  sums.committed = share.committed;
  if (share.committed > *share.announced) {
    sums.doubled = share.committed - *share.announced;
    return sums;
  }
  uint64_t gap = *share.announced - share.committed;
  sums.under_way = Take(excuse.under_way, gap);
  sums.lost = Take(excuse.lost, gap);
  sums.dropped = Take(excuse.dropped, gap);
  (all_heard ? sums.missing : sums.unheard) = gap;
  return sums;
}

void AddTo(AuditSums& sums, const AuditSums& more) {
  sums.announced += more.announced;
  sums.committed += more.committed;
  sums.under_way += more.under_way;
  sums.dropped += more.dropped;
  sums.lost += more.lost;
  sums.unheard += more.unheard;
  sums.missing += more.missing;
  sums.doubled += more.doubled;
  sums.unannounced += more.unannounced;
  sums.late += more.late;
}

std::vector<std::string> ProblemsOf(const ClusterStatus& status, const AuditSums& sums) {
  std::vector<std::string> problems;
  for (const GlobalState& global : status.globals) {
    if (!global.status.ok()) {
      problems.push_back(
          absl::StrCat("what ", global.global.id, " has committed is not known: ", global.status.message()));
    } else if (const int64_t difference = DifferenceOf(global.state.books()); difference != 0) {
      problems.push_back(absl::StrCat("the books of ", global.global.id, " are off by ", difference, " samples"));
    }
  }
  for (const ClusterStatus::Agent& agent : status.agents) {
    const int64_t difference = agent.books ? DifferenceOf(*agent.books) : 0;
    if (difference == 0) continue;
    problems.push_back(absl::StrCat("the books of agent ", agent.host, " (", agent.instance.ToString(), ") are off by ",
                                    difference, " samples"));
  }
  if (sums.missing > 0) problems.push_back(absl::StrCat(sums.missing, " samples are missing"));
  if (sums.doubled > 0) problems.push_back(absl::StrCat(sums.doubled, " samples are committed more than once"));
  return problems;
}

}  // namespace

ClusterAudit AuditOf(const ClusterStatus& status) {
  std::map<InstanceId, std::pair<std::string, Excuse>> agents;
  for (const ClusterStatus::Agent& agent : status.agents) agents[agent.instance] = {agent.host, ExcuseOf(agent)};
  const Shares shares = SharesOf(status.globals);
  const bool all_heard = std::all_of(status.globals.begin(), status.globals.end(),
                                     [](const GlobalState& global) { return global.status.ok(); });
  ClusterAudit audit;
  // What an agent still has is rather of the newest intervals.
  for (auto entry = shares.rbegin(); entry != shares.rend(); ++entry) {
    ClusterAudit::Interval interval{.interval = entry->first, .agents = entry->second.size(), .sums = {}};
    for (const auto& [instance, share] : entry->second) {
      auto& [host, excuse] = agents[instance];
      const AuditSums sums = SumsOf(share, excuse, all_heard);
      AddTo(interval.sums, sums);
      const bool is_off = share.announced && share.committed != *share.announced;
      if (is_off && audit.off.size() < ClusterAudit::kMaxOff) {
        audit.off.push_back({entry->first, instance, host, sums});
      }
    }
    AddTo(audit.sums, interval.sums);
    audit.intervals.push_back(interval);
  }
  std::reverse(audit.intervals.begin(), audit.intervals.end());
  std::stable_sort(audit.off.begin(), audit.off.end(),
                   [](const auto& a, const auto& b) { return a.interval < b.interval; });
  audit.problems = ProblemsOf(status, audit.sums);
  return audit;
}

}  // namespace tributary
