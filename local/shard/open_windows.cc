#include "local/shard/open_windows.h"

#include <utility>

#include "common/base/check.h"

namespace tributary {

OpenWindows::OpenWindows(double compression, const LimitsConfig& limits, IntervalIndex first_interval)
    : compression_(compression), limits_(limits) {
  main_.interval = first_interval;
}

Window::Entry OpenWindows::NewEntry(const SeriesPtr& series) const {
  return {series, MakeAggregate(series->key.type, compression_, series->dither_seed)};
}

Window::Entry& OpenWindows::Main(SeriesTable::Entry& series) {
  if (series.window != number_) [[unlikely]] {
    series.window = number_;
    series.slot = static_cast<uint32_t>(main_.entries.size());
    main_.entries.push_back(NewEntry(series.series));
  }
  return main_.entries[series.slot];
}

Window::Entry* OpenWindows::Late(const SeriesTable::Entry& series, IntervalIndex interval) {
  TRIBUTARY_CHECK(interval < main_.interval);
  LateWindow& late = late_[interval];
  late.window.interval = interval;
  if (const auto found = late.slots.find(series.series.get()); found != late.slots.end()) {
    return &late.window.entries[found->second];
  }
  if (late_series_ == limits_.max_late_series) return nullptr;
  ++late_series_;
  late.slots.emplace(series.series.get(), late.window.entries.size());
  late.window.entries.push_back(NewEntry(series.series));
  return &late.window.entries.back();
}

bool OpenWindows::Add(Event event) {
  if (main_.events.size() == limits_.max_events) return false;
  main_.events.push_back(std::move(event));
  return true;
}

ShardWindows OpenWindows::Take(IntervalIndex next_interval) {
  ShardWindows taken;
  for (auto& [interval, late] : late_) {
    if (!late.window.entries.empty()) taken.late.push_back(std::move(late.window));
  }
  late_.clear();
  late_series_ = 0;
  taken.main = std::move(main_);
  main_ = Window();
  main_.interval = next_interval;
  main_.entries.reserve(taken.main.entries.size() + taken.main.entries.size() / 8);
  ++number_;
  return taken;
}

}  // namespace tributary
