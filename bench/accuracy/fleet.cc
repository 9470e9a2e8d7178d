#include "bench/accuracy/fleet.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/sketch/hyperloglog.h"
#include "common/sketch/tdigest.h"
#include "common/sketch/tdigest_merger.h"

namespace tributary {
namespace {

// As it is read at the next hop; adds its size to `bytes`.
TDigest Sent(const TDigest& digest, double& bytes) {
  std::string encoded;
  digest.Encode(encoded);
  bytes += static_cast<double>(encoded.size());
  absl::StatusOr<TDigest> read = TDigest::Decode(encoded);
  TRIBUTARY_CHECK(read.ok());
  return *std::move(read);
}

TDigest Merge(const std::vector<TDigest>& digests, double compression) {
  TDigestMerger merger;
  for (size_t host = 0; host < digests.size(); ++host) merger.Add(digests[host], host);
  return merger.Finish(compression);
}

std::vector<TDigest> MiddleTier(const std::vector<TDigest>& digests, double compression) {
  const size_t nodes = std::lround(std::sqrt(static_cast<double>(digests.size())));
  std::vector<TDigestMerger> mergers(nodes);
  for (size_t host = 0; host < digests.size(); ++host) mergers[host % nodes].Add(digests[host], host);
  std::vector<TDigest> merged;
  double bytes = 0;
  for (const TDigestMerger& merger : mergers) merged.push_back(Sent(merger.Finish(compression), bytes));
  return merged;
}

Errors ErrorsOf(const TDigest& digest, const RankOracle& oracle) {
  Errors values;
  digest.Quantiles(kQuantiles, absl::MakeSpan(values));
  Errors errors;
  for (size_t i = 0; i < kQuantiles.size(); ++i) errors[i] = oracle.ErrorPpm(kQuantiles[i], values[i]);
  return errors;
}

}  // namespace

FleetResult MeasureFleet(const Workload& workload, const FleetOptions& options, uint64_t seed) {
  Random random(seed);
  FleetResult result;
  std::vector<double> all;
  std::vector<TDigest> agents;
  for (int host = 0; host < options.hosts; ++host) {
    TDigest digest(options.agent_compression, seed * 1'000'003 + host + 1);
    for (const double sample : workload.host_samples(random, host, options.samples)) {
      TRIBUTARY_CHECK(digest.Add(sample));
      all.push_back(sample);
    }
    agents.push_back(Sent(digest, result.agent_bytes));
  }
  result.agent_bytes /= options.hosts;
  std::shuffle(agents.begin(), agents.end(), random);

  const RankOracle oracle(std::move(all));
  result.one_hop = ErrorsOf(Sent(Merge(agents, options.owner_compression), result.owner_bytes), oracle);
  double ignored = 0;
  const std::vector<TDigest> middle = MiddleTier(agents, options.owner_compression);
  result.two_hops = ErrorsOf(Sent(Merge(middle, options.owner_compression), ignored), oracle);
  return result;
}

size_t AgentBytes(int samples, double compression, uint64_t seed) {
  Random random(seed);
  TDigest digest(compression, seed + 1);
  for (int i = 0; i < samples; ++i) TRIBUTARY_CHECK(digest.Add(std::exp(2 * Normal(random))));
  std::string encoded;
  digest.Encode(encoded);
  return encoded.size();
}

double SetError(const SetWorkload& workload, uint64_t first_seed) {
  double squares = 0;
  for (int seed = 0; seed < workload.seeds; ++seed) {
    Random random(first_seed + seed);
    HyperLogLog halves[2];
    for (int i = 0; i < workload.members; ++i) halves[i % 2].Add(absl::StrCat("user-", random()));
    halves[0].Merge(halves[1]);
    const double error = halves[0].Estimate() / workload.members - 1;
    squares += error * error;
  }
  return std::sqrt(squares / workload.seeds);
}

}  // namespace tributary
