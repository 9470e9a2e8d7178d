#include "proxy/capacity/launch_replicas.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tributary {

std::vector<ReplicaNeed> ReplicasOf(const std::vector<LaunchPart>& parts) {
  const double q = 1 - (1 - kSure) / static_cast<double>(parts.size());
  std::vector<ReplicaNeed> replicas;
  for (const LaunchPart& part : parts) {
    ReplicaNeed need{part.model->service, part.model->hosts.size(), std::nullopt};
    std::vector<double> needs = part.need;
    std::sort(needs.begin(), needs.end());
    // As many paths as `q` asks for have at most this need.
    const size_t rank = static_cast<size_t>(std::ceil(q * static_cast<double>(needs.size()))) - 1;
    const double hosts = std::ceil(static_cast<double>(need.now) * needs[rank] - 1e-9);
    const double has = static_cast<double>(need.now + part.added_replicas);
    if (hosts < static_cast<double>(kMaxReplicas)) need.more = static_cast<size_t>(std::max(0.0, hosts - has));
    replicas.push_back(need);
  }
  return replicas;
}

double ProbabilityOf(const std::vector<LaunchPart>& parts) {
  const size_t paths = parts.front().need.size();
  size_t well = 0;
  for (size_t path = 0; path < paths; ++path) {
    well += std::all_of(parts.begin(), parts.end(),
                        [&](const LaunchPart& part) { return part.need[path] * part.Replicated() <= 1; });
  }
  return static_cast<double>(well) / static_cast<double>(paths);
}

}  // namespace tributary
