#include "local/spool/spool_replay.h"

#include <pthread.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/log.h"

namespace tributary {

namespace {

constexpr absl::Duration kPatience = absl::Milliseconds(200);
constexpr IntervalIndex kMaxEmptyIntervals = 90;  // no owner waits for longer for what does not come

// The oldest interval that it may have data of.
IntervalIndex FirstOf(const Legacy& legacy, IntervalIndex otherwise) {
  IntervalIndex first = otherwise;
  for (const Legacy::Group& group : legacy.groups) first = std::min(first, group.interval);
  for (const v1::Marker& marker : legacy.markers) first = std::min<IntervalIndex>(first, marker.interval());
  return first;
}

}  // namespace

SpoolReplay::SpoolReplay(Options options, SpoolLog& log, const Clock& clock, Telemetry& telemetry)
    : options_(std::move(options)),
      log_(log),
      clock_(clock),
      scale_(options_.forwarder.ledger.interval),
      telemetry_(telemetry),
      legacies_(log.TakeLegacies()) {}

void SpoolReplay::Start(std::function<void(const InstanceId&)> on_dead) {
  on_dead_ = std::move(on_dead);
  if (!legacies_.empty()) thread_ = std::thread([this] { Run(); });
}

void SpoolReplay::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

bool SpoolReplay::stopping() const {
  MutexLock lock(mutex_);
  return stopping_;
}

void SpoolReplay::Run() {
  ::pthread_setname_np(::pthread_self(), "spool-replay");
  for (const auto& [instance, legacy] : legacies_) {
    if (!Deliver(instance, legacy)) return;
    log_.Finish(instance);
    TRIBUTARY_LOG_INFO("what instance {} has left is delivered", instance.ToString());
    if (!legacy.final_interval) on_dead_(instance);
  }
}

// False: stopped before it was done.
bool SpoolReplay::Deliver(const InstanceId& instance, const Legacy& legacy) {
  TRIBUTARY_LOG_INFO("delivering {} groups of units that instance {} has left", legacy.groups.size(),
                     instance.ToString());
  Forwarder::Options options = options_.forwarder;
  options.ledger.instance = instance;
  options.ledger.supersedes = InstanceId();
  options.ledger.first_interval = FirstOf(legacy, options_.first_interval);
  const std::unique_ptr<UnitSpool> spool = log_.For(instance);
  Forwarder forwarder(std::move(options), resolver_, clock_, telemetry_, spool.get(), &legacy);

  const IntervalIndex begin = legacy.final_interval.value_or(options_.first_interval) + 1;
  IntervalIndex next = std::max(begin, options_.first_interval - kMaxEmptyIntervals);
  std::optional<IntervalIndex> last;  // its marker tells the final books
  while (!stopping()) {
    for (; next < scale_.At(clock_.Now()); ++next) {
      ClosedInterval empty;
      empty.interval = next;
      empty.marker.set_interval(next);
      forwarder.OnClosed(std::move(empty));
    }
    if (!forwarder.AwaitDrained(kPatience)) continue;
    if (!last) last = next;
    if (next <= *last) {
      absl::SleepFor(kPatience / 10);
      continue;
    }
    if (legacy.final_interval) forwarder.Drain(next - 1, absl::Seconds(1));
    return true;
  }
  return false;
}

}  // namespace tributary
