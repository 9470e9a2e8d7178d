#include "common/program/watchdog.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/log.h"

namespace tributary {
namespace {

constexpr absl::Duration kAbortGrace = absl::Seconds(10);

pid_t ThisThread() {
  thread_local const auto thread = static_cast<pid_t>(::syscall(SYS_gettid));
  return thread;
}

}  // namespace

Watchdog::Watchdog(Options options, Telemetry& telemetry) : options_(std::move(options)), telemetry_(telemetry) {}
Watchdog::~Watchdog() = default;

Watchdog::Heartbeat Watchdog::Watch(absl::string_view work) {
  Counter& stuck_total =
      telemetry_.AddCounter("tributary_watchdog_stuck_total", "Times that periodic work was found to stand still.",
                            {{"work", std::string(work)}});
  const MutexLock lock(mutex_);
  Work* watched = works_.emplace_back(std::make_unique<Work>(work, stuck_total)).get();
  return [watched] {
    watched->thread.store(ThisThread(), std::memory_order_relaxed);
    watched->beats.fetch_add(1, std::memory_order_relaxed);
  };
}

void Watchdog::Tick() {
  const MutexLock lock(mutex_);
  if (resting_) return;
  for (const auto& work : works_) Look(*work);
}

void Watchdog::Look(Work& work) {
  const uint64_t beats = work.beats.load(std::memory_order_relaxed);
  if (beats == 0) return;
  if (beats != work.seen_beats) {
    if (IsStuck(work)) TRIBUTARY_LOG_WARN("watchdog: {}, and moves again", Describe(work));
    work.seen_beats = beats;
    work.silent_ticks = 0;
    return;
  }
  ++work.silent_ticks;
  if (work.silent_ticks == options_.stuck_after) {
    work.stuck_total.Increment();
    TRIBUTARY_LOG_ERROR("watchdog: {}, since {}", Describe(work),
                        absl::FormatTime(absl::Now() - work.silent_ticks * options_.tick));
  }
  if (work.silent_ticks == options_.abort_after) {
    options_.abort(absl::StrCat("watchdog: ", Describe(work)), work.thread.load(std::memory_order_relaxed));
  }
}

absl::Status Watchdog::Health() const {
  const MutexLock lock(mutex_);
  std::string stuck;
  for (const auto& work : works_) {
    if (!resting_ && IsStuck(*work)) absl::StrAppend(&stuck, stuck.empty() ? "" : "; ", Describe(*work));
  }
  return stuck.empty() ? absl::OkStatus() : absl::UnavailableError(stuck);
}

void Watchdog::Rest() {
  const MutexLock lock(mutex_);
  resting_ = true;
}

std::string Watchdog::Describe(const Work& work) const {
  return absl::StrCat(work.name, " has not moved for ", absl::FormatDuration(work.silent_ticks * options_.tick));
}

void Watchdog::AbortThread(const std::string& why, pid_t thread) {
  SetLastWords(why.c_str());
  TRIBUTARY_LOG_ERROR("{}: ending the process", why);
  ::syscall(SYS_tgkill, ::getpid(), thread, SIGABRT);
  absl::SleepFor(kAbortGrace);
  std::abort();
}

}  // namespace tributary
