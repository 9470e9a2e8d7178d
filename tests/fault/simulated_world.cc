#include "tests/fault/simulated_world.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace tributary {

SimulatedWorld::SimulatedWorld(uint64_t seed)
    : seed_(seed), random_(seed), now_(scale_.Start(kStart) + absl::Milliseconds(100)) {}

void SimulatedWorld::At(absl::Time time, std::function<void()> event) {
  events_.emplace(std::pair(std::max(time, now_), ++event_count_), std::move(event));
}

void SimulatedWorld::RunUntil(absl::Time time) {
  while (!events_.empty() && events_.begin()->first.first <= time) {
    auto event = events_.extract(events_.begin());
    now_ = event.key().first;
    event.mapped()();
  }
  now_ = time;
}

double SimulatedWorld::Chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

int SimulatedWorld::Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }

absl::Duration SimulatedWorld::Between(double min_intervals, double max_intervals) {
  return scale_.length() * (min_intervals + (max_intervals - min_intervals) * Chance());
}

void SimulatedWorld::Violate(const std::string& what) {
  if (violations_.size() >= 20) return;
  const double interval = absl::FDivDuration(now_ - scale_.Start(kStart), scale_.length());
  violations_.push_back(absl::StrFormat("seed %d, interval %.2f: %s", seed_, interval, what));
}

}  // namespace tributary
