#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/sim/agent.h"
#include "tests/sim/global.h"
#include "tests/sim/truth.h"

namespace tributary::sim {

// What is wrong with what is stored once everything has had its time.
struct Verdict {
  std::vector<std::pair<std::string, std::string>> problems;  // kind, what
};

// Of one version of a row in the globals' stores.
enum class Reader : uint8_t { kLargest, kLast };

struct JudgeOptions {
  Reader reader = Reader::kLargest;
  bool makes_whole = true;  // there is memory for partial windows until they are whole
};

//   lost     an agent was told that a chunk is committed, and it is in no value that is read
//   double   a chunk is in what is read twice
//   partial  a value is flagged for good, though everything that belongs to it has come
//   stuck    a chunk is neither committed nor given up
//   books    samples accepted = stored + dropped + lost with an agent, exactly
Verdict Judge(const Truth& truth, const std::vector<std::unique_ptr<Global>>& globals,
              const std::vector<std::unique_ptr<Agent>>& agents, const Global::Storages& storages,
              const JudgeOptions& options);

}  // namespace tributary::sim
