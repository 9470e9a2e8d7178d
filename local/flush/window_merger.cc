#include "local/flush/window_merger.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/check.h"

namespace tributary {
namespace {

struct SeriesHash {
  size_t operator()(const Series* series) const { return series->hash.low; }
};
struct SeriesEqual {
  bool operator()(const Series* a, const Series* b) const { return a->scope == b->scope && a->key == b->key; }
};
using SlotsBySeries = absl::flat_hash_map<const Series*, size_t, SeriesHash, SeriesEqual>;

void MergeEntries(std::vector<Window::Entry>& into, std::vector<Window::Entry> from, SlotsBySeries& slots) {
  for (Window::Entry& entry : from) {
    const auto [slot, is_new] = slots.try_emplace(entry.series.get(), into.size());
    if (is_new) {
      into.push_back(std::move(entry));
    } else {
      MergeInto(into[slot->second].value, entry.value);
      into[slot->second].sample_count += entry.sample_count;
    }
  }
}

}  // namespace

Window MergeWindows(std::vector<Window> windows) {
  TRIBUTARY_CHECK(!windows.empty());
  Window merged = std::move(windows.front());
  if (windows.size() == 1) return merged;
  SlotsBySeries slots;
  slots.reserve(merged.entries.size());
  for (size_t i = 0; i < merged.entries.size(); ++i) slots.emplace(merged.entries[i].series.get(), i);
  for (size_t i = 1; i < windows.size(); ++i) {
    TRIBUTARY_CHECK(windows[i].interval == merged.interval);
    MergeEntries(merged.entries, std::move(windows[i].entries), slots);
    std::move(windows[i].events.begin(), windows[i].events.end(), std::back_inserter(merged.events));
  }
  return merged;
}

std::vector<Row> TakeLocalRows(Window& window, bool late) {
  const auto local = std::partition(window.entries.begin(), window.entries.end(),
                                    [](const Window::Entry& entry) { return entry.series->scope != Scope::kLocal; });
  std::vector<Row> rows;
  for (auto entry = local; entry != window.entries.end(); ++entry) {
    if (entry->sample_count == 0) continue;
    Row& row = rows.emplace_back();
    row.key = entry->series->key;
    row.interval = window.interval;
    row.version = late ? 2 : 1;
    row.late = late;
    row.contributors = 1;
    row.value = std::move(entry->value);
  }
  window.entries.erase(local, window.entries.end());
  return rows;
}

}  // namespace tributary
