#include "local/source/host/host_source.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace tributary {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

int64_t ThreadCpuNanos() {
  timespec used = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return used.tv_sec * kNanosPerSecond + used.tv_nsec;
}

}  // namespace

HostSource::HostSource(const HostConfig& config, IntervalScale scale, Shard& shard, const Clock& clock,
                       HostMetrics& metrics)
    : config_(config),
      scale_(scale),
      shard_(shard),
      clock_(clock),
      metrics_(metrics),
      system_(config.proc),
      devices_(config),
      cgroup_(config.cgroup, files_),
      last_slot_(SlotNow()) {}

HostSource::~HostSource() { Stop(); }

void HostSource::Start() {
  shard_.set_wake([this] {
    const MutexLock lock(mutex_);
    windows_wanted_ = true;
    changed_.NotifyAll();
  });
  thread_ = std::thread([this] { Run(); });
}

void HostSource::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void HostSource::Look(absl::Duration elapsed) {
  const absl::Time now = clock_.Now();
  const IntervalIndex interval = scale_.At(now);
  since_interval_ += elapsed;
  HostTick tick;
  tick.elapsed = absl::ToDoubleSeconds(elapsed);
  tick.in_new_interval = last_interval_ != interval;
  if (tick.in_new_interval) tick.interval_elapsed = absl::ToDoubleSeconds(std::exchange(since_interval_, {}));
  last_interval_ = interval;
  shard_.BeginBatch();
  Client& self = shard_.FindClient(Peer::OfProcess(::getpid(), ::getuid()));
  ++self.packets;
  SeriesWriter out(shard_);
  int malformed = system_.Sample(tick, now, files_, out);
  const DeviceSampler::Result devices = devices_.Sample(tick, files_, out);
  malformed += devices.malformed + cgroup_.Sample(tick, files_, out);
  shard_.EndBatch();
  metrics_.looks.Increment();
  if (malformed > 0) metrics_.malformed.Increment(static_cast<uint64_t>(malformed));
  // File systems are looked at only then, so that their share would come and go.
  if (tick.in_new_interval) metrics_.skipped.Set(static_cast<double>(devices.skipped));
}

void HostSource::Run() {
  using SteadyClock = std::chrono::steady_clock;
  std::optional<SteadyClock::time_point> last;
  do {
    const SteadyClock::time_point now = SteadyClock::now();
    Look(last.has_value() ? absl::FromChrono(now - *last) : absl::ZeroDuration());
    last = now;
    metrics_.cpu_ns.store(ThreadCpuNanos(), std::memory_order_relaxed);
  } while (WaitForLook());
}

int64_t HostSource::SlotNow() const {
  absl::Duration rest;
  return absl::IDivDuration(clock_.Now() - absl::UnixEpoch() - config_.sample_every / 2, config_.sample_every, &rest);
}

bool HostSource::WaitForLook() {
  while (true) {
    {
      const MutexLock lock(mutex_);
      if (stopping_) return false;
      const absl::Time next = absl::UnixEpoch() + config_.sample_every / 2 + (last_slot_ + 1) * config_.sample_every;
      const absl::Duration wait = std::min(next - clock_.Now(), config_.sample_every);
      if (!windows_wanted_ && wait > absl::ZeroDuration()) changed_.WaitFor(mutex_, wait);
      if (stopping_) return false;
      windows_wanted_ = false;
    }
    shard_.EndBatch();  // hands over when it was asked to
    const int64_t slot = SlotNow();
    if (slot == last_slot_) continue;
    last_slot_ = slot;  // the clock may have been set, either way
    return true;
  }
}

}  // namespace tributary
