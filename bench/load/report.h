#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "bench/load/agent_counts.h"
#include "bench/load/deck.h"
#include "bench/load/generator.h"
#include "bench/load/process_usage.h"
#include "common/base/clock.h"
#include "common/traffic/synthetic.h"

namespace tributary {

struct MeasureOptions {
  SyntheticSeries::Options series;
  Deck::Options deck;
  uint64_t samples = 0;  // in the deck; 0: ten of each key, at least 65,536
  LoadOptions load;
  pid_t pid = 0;           // whose usage is told; 0: nobody's
  std::string agent_http;  // empty: no agent is asked
};

struct LoadReport {
  LoadCounts sent;
  double asked_rate = 0;
  std::optional<ProcessUsage> target;  // its CPU since the load began, its memory at the end
  std::optional<AgentCounts> agent;    // since the load began

  // Of the lines that were sent, the share that the agent never read.
  double lost_share() const;
};

// Prepares, sends, and waits up to 10 s for the agent to have read it all.
absl::StatusOr<LoadReport> Measure(const MeasureOptions& options, const Clock& clock);

std::string ToJson(const LoadReport& report);
std::string ToText(const LoadReport& report);

}  // namespace tributary
