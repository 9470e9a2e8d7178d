#pragma once

#include <cmath>
#include <vector>

#include "common/sketch/tdigest.h"
#include "common/stats/mmc_queue.h"
#include "proxy/capacity/latency_curve.h"
#include "proxy/query/sketch_distribution.h"

namespace tributary {

// The response times of an M/M/c queue at evenly spaced ranks: exact but for their number. Seconds.
inline promql::DistributionPtr QueueLatencies(size_t servers, double rate, double load, int count = 2000) {
  const auto queue = MmcQueue::Make(servers, rate, load);
  TDigest digest;
  for (int i = 0; i < count; ++i) digest.Add(queue->ResponseQuantile((i + 0.5) / count));
  return MakeSketchDistribution(std::move(digest));
}

// One step at each of the loads, of hosts with 8 servers of 100 requests a second.
inline std::vector<LoadStep> QueueSteps(double from, double to, double step) {
  std::vector<LoadStep> steps;
  for (double load = from; load <= to; load += step) steps.push_back({load, QueueLatencies(8, 100, load)});
  return steps;
}

}  // namespace tributary
