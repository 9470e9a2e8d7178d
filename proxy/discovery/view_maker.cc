#include "proxy/discovery/view_maker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/bytes.h"
#include "common/hash/hash128.h"

namespace tributary {

namespace {

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

std::optional<View> ViewMaker::Update(absl::Time now, std::vector<Member> members) {
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
  if (members.empty() || members == members_) return std::nullopt;
  View view{.sequence = HashOf(members), .effective_from = 0, .members = members};
  if (!view.IsWellFormed()) return std::nullopt;
  if (!members_.empty()) {
    view.sequence = static_cast<uint64_t>(absl::ToUnixMicros(now));
    view.effective_from = scale_.At(now) + kLeadIntervals;
  }
  members_ = std::move(members);
  return view;
}

}  // namespace tributary
