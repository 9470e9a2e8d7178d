#include "common/hash/view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/check.h"

namespace tributary {
namespace {

// The logarithm may differ in its last bit between machines; two nodes then disagree about a partition once in 10^12
// or so, which costs no more than any other disagreement of views.
double Score(const Member& member, PartitionId partition) {
  const uint64_t hash = Xxh3Hash64(member.id, partition);
  const double u = (static_cast<double>(hash >> 11) + 0.5) * 0x1p-53;  // never 0 or 1
  return -member.weight / std::log(u);
}

std::vector<uint32_t> LoadBounds(const std::vector<Member>& members) {
  double total_weight = 0;
  for (const Member& member : members) total_weight += member.weight;
  std::vector<uint32_t> bounds;
  for (const Member& member : members) {
    const double fair_share = kPartitionCount * member.weight / total_weight;
    bounds.push_back(static_cast<uint32_t>(std::ceil(Assignment::kLoadBound * fair_share)));
  }
  return bounds;
}

}  // namespace

bool View::IsWellFormed() const {
  if (members.size() > kMaxMembers) return false;
  std::vector<absl::string_view> ids;
  for (const Member& member : members) {
    // Written so that NaN fails.
    if (!(member.weight >= kMinMemberWeight && member.weight <= kMaxMemberWeight) || member.id.empty()) return false;
    ids.push_back(member.id);
  }
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

Assignment::Assignment(std::vector<Member> members) : members_(std::move(members)) {
  TRIBUTARY_CHECK(View{.members = members_}.IsWellFormed());
  if (members_.empty()) return;
  std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
  std::vector<uint32_t> free = LoadBounds(members_);
  owner_.reserve(kPartitionCount);
  for (uint32_t partition = 0; partition < kPartitionCount; ++partition) {
    size_t best = members_.size();
    double best_score = 0;
    for (size_t i = 0; i < members_.size(); ++i) {
      if (free[i] == 0) continue;
      const double score = Score(members_[i], static_cast<PartitionId>(partition));
      if (best < members_.size() && score <= best_score) continue;
      best = i;
      best_score = score;
    }
    TRIBUTARY_CHECK(best < members_.size());  // the bounds add up to more than kPartitionCount
    --free[best];
    owner_.push_back(static_cast<uint16_t>(best));
  }
}

const Member* Assignment::OwnerOf(PartitionId partition) const {
  return partition < owner_.size() ? &members_[owner_[partition]] : nullptr;
}

std::vector<const Member*> Assignment::Preference(PartitionId partition) const {
  std::vector<std::pair<double, const Member*>> scored;
  for (const Member& member : members_) scored.emplace_back(Score(member, partition), &member);
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const Member*> preference;
  for (const auto& [score, member] : scored) preference.push_back(member);
  return preference;
}

bool ViewHistory::Add(View view) {
  const std::tuple order(view.effective_from, view.sequence);
  const auto position = std::lower_bound(entries_.begin(), entries_.end(), order,
                                         [](const Entry& entry, const auto& key) { return entry.order() < key; });
  const bool known = position != entries_.end() && position->order() == order;
  const bool outdated = position == entries_.begin() && entries_.size() == kKept;
  if (known || outdated || !view.IsWellFormed()) return false;
  Assignment assignment(view.members);
  entries_.insert(position, Entry{std::move(view), std::move(assignment)});
  if (entries_.size() > kKept) entries_.pop_front();
  return true;
}

const View* ViewHistory::newest() const { return entries_.empty() ? nullptr : &entries_.back().view; }

std::vector<View> ViewHistory::views() const {
  std::vector<View> views;
  for (const Entry& entry : entries_) views.push_back(entry.view);
  return views;
}

const Assignment* ViewHistory::AssignmentAt(IntervalIndex interval) const {
  if (entries_.empty()) return nullptr;
  const auto after =
      std::upper_bound(entries_.begin(), entries_.end(), interval,
                       [](IntervalIndex i, const Entry& entry) { return i < entry.view.effective_from; });
  return after == entries_.begin() ? &after->assignment : &std::prev(after)->assignment;
}

const Member* ViewHistory::OwnerOf(PartitionId partition, IntervalIndex interval) const {
  const Assignment* assignment = AssignmentAt(interval);
  return assignment == nullptr ? nullptr : assignment->OwnerOf(partition);
}

}  // namespace tributary
