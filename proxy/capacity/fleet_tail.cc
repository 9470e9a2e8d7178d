#include "proxy/capacity/fleet_tail.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "common/stats/usl.h"

namespace tributary {
namespace {

constexpr size_t kShareGroups = 64;

}  // namespace

std::vector<ShareGroup> GroupsOf(std::vector<double> shares) {
  std::sort(shares.begin(), shares.end());
  const size_t groups = std::min(shares.size(), kShareGroups);
  std::vector<ShareGroup> result;
  for (size_t g = 0; g < groups; ++g) {
    const size_t begin = g * shares.size() / groups;
    const size_t end = (g + 1) * shares.size() / groups;
    ShareGroup group;
    for (size_t i = begin; i < end; ++i) group.weight += shares[i];
    group.share = group.weight / static_cast<double>(end - begin);
    if (group.weight > 0) result.push_back(group);
  }
  return result;
}

double FleetTail(const LatencyCurve& latency, const TailCurve& curve, const std::vector<ShareGroup>& groups,
                 double load, double z) {
  double tail = 0;
  double weight = 0;
  for (const ShareGroup& group : groups) {
    tail += group.weight * latency.TailAt(curve, group.share * load, z);
    weight += group.weight;
  }
  return tail / weight;
}

double TailBreaksAt(const LatencyCurve& latency, const TailCurve& curve, const std::vector<ShareGroup>& groups,
                    double allowed, double z) {
  const auto exceeds = [&](double load) { return FleetTail(latency, curve, groups, load, z) > allowed; };
  const double share = groups.back().share;
  if (exceeds(0)) return 0;
  double low = 0;
  double high = 2 * UslFit::kSafeReach * latency.highest_load() / share;
  if (!exceeds(high)) {
    // NaN is not more than anything: what is known ends between.
    high = latency.highest_load() / share;
    if (!exceeds(high)) return std::numeric_limits<double>::infinity();
  }
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (exceeds(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace tributary
