#include "tests/sim/batch.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include "common/base/mutex.h"
#include "tests/sim/cluster.h"

namespace tributary::sim {

namespace {

thread_local uint64_t running_seed = 0;

// A broken invariant of the product ends the process: say whose it was.
void TellSeed(int signal) {
  char line[64];
  const int size = std::snprintf(line, sizeof line, "seed %llu: the product has aborted\n",
                                 static_cast<unsigned long long>(running_seed));
  if (write(STDERR_FILENO, line, static_cast<size_t>(size)) < 0) _exit(2);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct Shared {
  std::atomic<uint64_t> next;
  std::atomic<bool> stop{false};
  Mutex mutex;
  BatchResult result ABSL_GUARDED_BY(mutex);
};

void RunSome(const BatchOptions& options, Shared& shared) {
  BatchResult mine;
  const uint64_t end = options.start + options.seeds;
  for (uint64_t seed = shared.next++; seed < end && !shared.stop; seed = shared.next++) {
    running_seed = seed;
    Cluster cluster({.seed = seed, .mutation = options.mutation, .without = options.without});
    cluster.Run();
    ++mine.seeds;
    for (int mark = 0; mark < kMarks; ++mark) mine.marks[mark] += cluster.marks()[mark];
    if (cluster.violations().empty()) continue;
    mine.violations.emplace_back(seed, cluster.violations());
    if (options.stop_at_first) shared.stop = true;
  }
  const MutexLock lock(shared.mutex);
  shared.result.seeds += mine.seeds;
  for (int mark = 0; mark < kMarks; ++mark) shared.result.marks[mark] += mine.marks[mark];
  std::move(mine.violations.begin(), mine.violations.end(), std::back_inserter(shared.result.violations));
}

}  // namespace

BatchResult RunBatch(const BatchOptions& options) {
  std::signal(SIGABRT, TellSeed);
  Shared shared;
  shared.next = options.start;
  std::vector<std::thread> threads;
  for (int job = 0; job < options.jobs; ++job) threads.emplace_back([&] { RunSome(options, shared); });
  for (std::thread& thread : threads) thread.join();
  const MutexLock lock(shared.mutex);
  std::sort(shared.result.violations.begin(), shared.result.violations.end());
  return std::move(shared.result);
}

}  // namespace tributary::sim
