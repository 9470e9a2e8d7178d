#include "global/store/cover_window.h"

#include <algorithm>

namespace tributary {
namespace {

absl::Time Floor(absl::Time time, absl::Duration length) {
  return absl::UnixEpoch() + absl::Floor(time - absl::UnixEpoch(), length);
}

absl::Time Ceil(absl::Time time, absl::Duration length) {
  return absl::UnixEpoch() + absl::Ceil(time - absl::UnixEpoch(), length);
}

void Cover(absl::Time from, absl::Time to, absl::Span<const KeptRows> kept, std::vector<WindowPart>& parts) {
  if (from >= to) return;
  const KeptRows& longest = kept.back();
  if (kept.size() == 1) {
    if (to > longest.from) parts.push_back({longest.length, std::max(from, longest.from), to});
    return;
  }
  const auto shorter = kept.first(kept.size() - 1);
  // Where shorter rows are gone there is no edge to make of them.
  const absl::Time inside_from = from < shorter.back().from ? std::max(from, longest.from) : Ceil(from, longest.length);
  const absl::Time inside_to = Floor(std::min(to, longest.through), longest.length);
  if (inside_from >= inside_to) return Cover(from, to, shorter, parts);
  if (from >= shorter.back().from) Cover(from, inside_from, shorter, parts);
  parts.push_back({longest.length, inside_from, inside_to});
  Cover(inside_to, to, shorter, parts);
}

}  // namespace

std::vector<WindowPart> CoverWindow(absl::Time from, absl::Time to, absl::Span<const KeptRows> kept) {
  std::vector<WindowPart> parts;
  if (!kept.empty()) Cover(from, to, kept, parts);
  return parts;
}

}  // namespace tributary
