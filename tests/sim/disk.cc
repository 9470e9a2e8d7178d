#include "tests/sim/disk.h"

#include <algorithm>
#include <utility>

namespace tributary::sim {

void Disk::Apply(const CommitPlan& plan, std::vector<StoredRow> outgoing) {
  for (const WindowCommit& window : plan.windows) {
    state.manifests[{window.interval, window.partition}].push_back(window.manifest);
  }
  for (const SeriesTotal& total : plan.totals) {
    std::erase_if(state.totals, [&](const SeriesTotal& old) { return old.key == total.key; });
    state.totals.push_back(total);
  }
  for (const SeriesKey& key : plan.forgotten) {
    std::erase_if(state.totals, [&](const SeriesTotal& old) { return old.key == key; });
  }
  if (plan.roster) state.roster = *plan.roster;
  if (plan.views) state.views = *plan.views;
  state.sealed_through = plan.sealed_through;
  if (!outgoing.empty()) outbox.push_back({next_sequence++, std::move(outgoing)});
  synced_cursors = cursors;  // a synced batch takes what was written before it along
}

bool Disk::IsRead(const StoredRow& row) const {
  const auto out = left_out.find(row.window);
  return out == left_out.end() || !out->second.versions.test(row.counter.version);
}

}  // namespace tributary::sim
