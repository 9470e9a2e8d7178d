#include "proxy/route/view_maker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/bytes.h"
#include "common/hash/hash128.h"

namespace tributary {

namespace {

std::vector<Member> Sorted(std::vector<Member> members) {
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
  return members;
}

uint64_t HashOf(const std::vector<Member>& members) {
  std::string bytes;
  ByteWriter writer(bytes);
  for (const Member& member : members) {
    writer.Sized(member.id);
    writer.Sized(member.address);
    writer.F64(member.weight);
  }
  return Xxh3Hash64(bytes, 0);
}

bool Has(const std::vector<Member>& members, const std::string& id) {
  return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.id == id; });
}

}  // namespace

void ViewMaker::NoteChange(absl::Time now) {
  if (!undecided_ || !guarded_.empty()) first_change_ = now;
  last_change_ = now;
  undecided_ = true;
}

void ViewMaker::SetMembers(absl::Time now, std::vector<Member> members) {
  if (members.empty() || !View{.members = members}.IsWellFormed()) return;
  members = Sorted(std::move(members));
  if (members == members_) return;
  members_ = std::move(members);
  asking_since_ = std::min(asking_since_, now);
  NoteChange(now);
}

void ViewMaker::Heard(absl::Time now, const std::string& id, Standing standing) {
  asked_.insert(id);
  const auto [known, is_new] = standing_.try_emplace(id, standing);
  const bool changed = is_new || std::exchange(known->second, standing) != standing;
  if (!changed) return;
  if (standing == Standing::kLeaving || waiting_.contains(id)) NoteChange(now);
}

void ViewMaker::Lost(const std::string& id) {
  const auto known = standing_.find(id);
  if (known != standing_.end() && known->second != Standing::kLeaving) standing_.erase(known);
}

std::optional<View> ViewMaker::Take(absl::Time now, const View* newest) {
  if (!undecided_ || !EveryoneWasAsked(now)) return std::nullopt;
  if (newest == nullptr) {
    undecided_ = false;
    return View{.sequence = HashOf(members_), .effective_from = 0, .members = members_};
  }
  if (!IsSettled(now)) return std::nullopt;
  std::vector<Member> wanted = Wanted(*newest);
  Guard(now, *newest, wanted);
  undecided_ = !guarded_.empty();
  if (wanted.empty() || Sorted(newest->members) == wanted) return std::nullopt;

  View view{.sequence = static_cast<uint64_t>(absl::ToUnixMicros(now)),
            .effective_from = std::max(options_.scale.At(now) + kLeadIntervals, newest->effective_from),
            .members = std::move(wanted)};
  if (view.effective_from == newest->effective_from) view.sequence = std::max(view.sequence, newest->sequence + 1);
  return view;
}

std::vector<Member> ViewMaker::Wanted(const View& newest) {
  std::vector<Member> wanted;
  waiting_.clear();
  for (const Member& member : members_) {
    const auto known = standing_.find(member.id);
    const bool leaves = known != standing_.end() && known->second == Standing::kLeaving;
    const bool is_ready = known != standing_.end() && known->second == Standing::kReady;
    if (!leaves && (is_ready || Has(newest.members, member.id))) {
      wanted.push_back(member);
    } else {
      waiting_.insert(member.id);
    }
  }
  return wanted;
}

void ViewMaker::Guard(absl::Time now, const View& newest, std::vector<Member>& wanted) {
  guarded_.clear();
  std::vector<Member> removed;
  for (const Member& member : newest.members) {
    if (!Has(wanted, member.id)) removed.push_back(member);
  }
  const auto allowed = static_cast<size_t>(kGuardedShare * static_cast<double>(newest.members.size()));
  if (wanted.empty() || removed.size() <= std::max<size_t>(1, allowed)) {
    guarding_since_ = absl::InfiniteFuture();
    return;
  }
  guarding_since_ = std::min(guarding_since_, now);
  if (now - guarding_since_ >= options_.confirm) {
    guarding_since_ = absl::InfiniteFuture();
    return;
  }
  for (Member& member : removed) {
    guarded_.insert(member.id);
    wanted.push_back(std::move(member));
  }
  wanted = Sorted(std::move(wanted));
}

bool ViewMaker::EveryoneWasAsked(absl::Time now) const {
  return now - asking_since_ >= options_.scale.length() ||
         std::all_of(members_.begin(), members_.end(),
                     [&](const Member& member) { return asked_.contains(member.id); });
}

bool ViewMaker::IsSettled(absl::Time now) const {
  return now - last_change_ >= options_.scale.length() / 4 || now - first_change_ >= options_.scale.length();
}

}  // namespace tributary
