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

}  // namespace

void ViewMaker::SetMembers(absl::Time now, std::vector<Member> members) {
  if (members.empty() || !View{.members = members}.IsWellFormed()) return;
  members = Sorted(std::move(members));
  if (members == members_) return;
  members_ = std::move(members);
  undecided_ = true;
  asking_since_ = std::min(asking_since_, now);
}

std::optional<View> ViewMaker::Take(absl::Time now, const View* newest) {
  if (!undecided_ || !EveryoneWasAsked(now)) return std::nullopt;
  undecided_ = false;
  if (newest != nullptr) {
    if (Sorted(newest->members) == members_) return std::nullopt;
    return View{.sequence = static_cast<uint64_t>(absl::ToUnixMicros(now)),
                .effective_from = std::max(scale_.At(now) + kLeadIntervals, newest->effective_from),
                .members = members_};
  }
  return View{.sequence = HashOf(members_), .effective_from = 0, .members = members_};
}

bool ViewMaker::EveryoneWasAsked(absl::Time now) const {
  return now - asking_since_ >= scale_.length() ||
         std::all_of(members_.begin(), members_.end(),
                     [&](const Member& member) { return heard_.contains(member.id); });
}

}  // namespace tributary
