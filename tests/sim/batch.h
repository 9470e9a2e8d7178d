#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/marks.h"
#include "tests/sim/mutation.h"
#include "tests/sim/swarm.h"

namespace tributary::sim {

// Many seeds, each a world of its own, on some threads.
struct BatchOptions {
  uint64_t start = 0;
  uint64_t seeds = 1;
  int jobs = 1;
  Mutation mutation = Mutation::kNone;
  std::set<Fault> without = {};  // kinds that are never switched on
  bool stop_at_first = false;    // violation
};
struct BatchResult {
  uint64_t seeds = 0;                                                          // that ran
  std::vector<std::pair<uint64_t, std::vector<std::string>>> violations = {};  // by seed
  MarkCounts marks{};
};
BatchResult RunBatch(const BatchOptions& options);

}  // namespace tributary::sim
