#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"

namespace tributary::sim {

World::World(uint64_t seed, bool tracing)
    : Dice(seed), seed_(seed), tracing_(tracing), now_(scale_.Start(kStart) + absl::Milliseconds(100)) {}

void World::At(absl::Time time, Event event) { events_.push({std::max(time, now_), ++event_count_, std::move(event)}); }

void World::RunUntil(absl::Time time) {
  while (!events_.empty() && events_.top().time <= time) {
    now_ = events_.top().time;
    Event event = std::move(events_.top().event);
    events_.pop();
    event();
  }
  now_ = time;
}

absl::Duration World::Between(double min_intervals, double max_intervals) {
  return scale_.length() * Uniform(min_intervals, max_intervals);
}

void World::Violate(absl::string_view kind, absl::string_view what) {
  const std::string line = absl::StrCat(kind, ": ", what);
  Trace("VIOLATION %s", line);
  if (violations_.size() < kViolationsKept) violations_.push_back(line);
}

void World::Print(absl::string_view line) const {
  const double interval = absl::FDivDuration(now_ - scale_.Start(kStart), scale_.length());
  absl::PrintF("%8.3f  %s\n", interval, line);
}

}  // namespace tributary::sim
