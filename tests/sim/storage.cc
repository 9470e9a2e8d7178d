#include "tests/sim/storage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace tributary::sim {

absl::string_view Storage::name() const {
  static constexpr absl::string_view kNames[kKinds] = {"versions", "overwrites", "first-wins", "appends"};
  return kNames[static_cast<int>(kind_)];
}

Storage::Outcome Storage::Write(const Disk::Entry& entry) {
  Outcome outcome = Outcome::kTaken;
  if (world_.now() < trouble_until_) {
    constexpr Outcome kOutcomes[] = {Outcome::kRefused, Outcome::kTakenUnsaid, Outcome::kLostUnsaid, Outcome::kTaken};
    outcome = kOutcomes[world_.Below(4)];
  }
  if (outcome == Outcome::kTakenUnsaid) world_.Hit(Mark::kSinkTimedOut);
  if (outcome == Outcome::kRefused || outcome == Outcome::kLostUnsaid) return outcome;
  for (const StoredRow& row : entry.rows) Take(row);
  return outcome;
}

void Storage::Take(StoredRow row) {
  row.counter.partial &= has_names_for_partial_;
  const bool is_late = row.counter.late || row.counter.version > 1;
  const uint32_t late_version = is_late ? row.counter.version : 0;
  Identity identity(row.counter.partial, late_version, "", 0);
  if (kind_ == Kind::kVersions) identity = Identity(row.counter.partial, row.counter.version, row.emitter, 0);
  if (kind_ == Kind::kAppends) std::get<3>(identity) = ++appended_;
  auto& window = rows_[row.window];
  const auto [known, is_new] = window.try_emplace(identity, row);
  if (is_new) return;
  const bool same = known->second.content == row.content && known->second.timer_hash == row.timer_hash;
  if (same) return world_.Hit(Mark::kSinkRepeat);
  if (!row.counter.partial && !is_late) {
    world_.Violate("changed", absl::StrFormat("%s is told another complete value of %d/%d by %s", name(),
                                              row.window.first - World::kStart, row.window.second, row.emitter));
  }
  if (kind_ != Kind::kFirstWins) known->second = row;
}

Content Storage::Read(WindowName window) const {
  Content content;
  const auto rows = rows_.find(window);
  if (rows == rows_.end()) return content;
  const bool has_complete = std::any_of(rows->second.begin(), rows->second.end(), [](const auto& entry) {
    return !entry.second.counter.partial && entry.second.counter.version == 1;
  });
  for (const auto& [identity, row] : rows->second) {
    const bool is_main = row.counter.version == 1;
    if (is_main && has_complete && row.counter.partial) continue;
    content.Add(row.content);
  }
  return content;
}

}  // namespace tributary::sim
