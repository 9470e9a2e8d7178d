#include "local/flush/unit_cutter.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tributary {
namespace {

// A series or an event of the window, and where it goes.
struct Item {
  PartitionId partition;
  bool is_event;
  uint32_t index;
};

std::vector<Item> ItemsByPartition(const Window& window, uint64_t cluster_seed) {
  std::vector<Item> items;
  items.reserve(window.entries.size() + window.events.size());
  for (uint32_t i = 0; i < window.entries.size(); ++i) {
    if (window.entries[i].sample_count == 0) continue;  // all its samples were out of range
    items.push_back({PartitionOf(window.entries[i].series->hash), false, i});
  }
  for (uint32_t i = 0; i < window.events.size(); ++i) {
    items.push_back({PartitionOf(Xxh3Hash128(window.events[i].title, cluster_seed)), true, i});
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.partition < b.partition; });
  return items;
}

}  // namespace

UnitCutter::Units UnitCutter::CutMain(Window window) {
  const IntervalIndex interval = window.interval;
  return Cut(std::move(window), [&](PartitionId partition) { return builder_.Finish(interval, partition); });
}

UnitCutter::Units UnitCutter::CutLate(Window window, IntervalIndex closing_interval) {
  const IntervalIndex interval = window.interval;
  return Cut(std::move(window),
             [&](PartitionId partition) { return builder_.FinishLate(interval, partition, closing_interval); });
}

UnitCutter::Units UnitCutter::Cut(Window window, const Finish& finish) {
  Units units;
  const std::vector<Item> items = ItemsByPartition(window, cluster_seed_);
  for (size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    uint64_t samples = 1;
    bool added = false;
    if (item.is_event) {
      added = builder_.Add(window.events[item.index]);
    } else {
      Window::Entry& entry = window.entries[item.index];
      samples = entry.sample_count;
      added = builder_.Add(entry.series->key, entry.value, samples);
      entry = Window::Entry();  // the blocks grow as the window shrinks
    }
    (added ? units.sample_count : units.dropped) += samples;
    const bool last_of_partition = i + 1 == items.size() || items[i + 1].partition != item.partition;
    if (!last_of_partition || builder_.empty()) continue;
    units.nonempty.set(item.partition);
    std::vector<v1::Block> blocks = finish(item.partition);
    std::move(blocks.begin(), blocks.end(), std::back_inserter(units.blocks));
  }
  return units;
}

}  // namespace tributary
