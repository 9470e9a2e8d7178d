#pragma once

#include "bench/accuracy/workload.h"

namespace tributary {

struct FleetOptions {
  int hosts = 1000;
  int samples = 1000;
  double agent_compression = 100;
  double owner_compression = 500;
};

struct FleetResult {
  Errors one_hop{};        // agents, owner
  Errors two_hops{};       // agents, as many middle nodes as the square root of the hosts, owner
  double agent_bytes = 0;  // mean of the agents
  double owner_bytes = 0;
};

// One interval of one series: every host sketches, every hop encodes and decodes, digests arrive in random order. The
// oracle is the sorted samples.
FleetResult MeasureFleet(const Workload& workload, const FleetOptions& options, uint64_t seed);

// Bytes on the wire of one agent's digest of `samples` log-normal samples.
size_t AgentBytes(int samples, double compression, uint64_t seed);

struct SetWorkload {
  int members;
  int seeds;
  double bar;  // relative
};
// Root mean square of the relative error over the seeds, each half of the members counted by another set and merged.
double SetError(const SetWorkload& workload, uint64_t first_seed);

}  // namespace tributary
