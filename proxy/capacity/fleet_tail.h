#pragma once

#include <vector>

#include "proxy/capacity/latency_curve.h"

namespace tributary {

// Hosts with about the same share of their service's load.
struct ShareGroup {
  double share = 0;   // of one host: the mean
  double weight = 0;  // all their shares
};
// By share, ascending; at most 64 groups of about as many hosts each, so that a fleet of thousands costs no more.
std::vector<ShareGroup> GroupsOf(std::vector<double> shares);

// The share of a fleet's requests that are slower than a curve's target: its hosts' shares weighted by their loads, so
// that no percentile is averaged.
//
// Units:   `load` is the whole service's, in requests a second; `z` standard errors more of capacity beyond the data,
// as
//          in LatencyCurve::TailAt.
// Errors:  NaN beyond what is known. REQUIRES: at least one group.
double FleetTail(const LatencyCurve& latency, const TailCurve& curve, const std::vector<ShareGroup>& groups,
                 double load, double z);

// The least load of the service at which more than `allowed` are slower. Infinite beyond what is known.
double TailBreaksAt(const LatencyCurve& latency, const TailCurve& curve, const std::vector<ShareGroup>& groups,
                    double allowed, double z);

}  // namespace tributary
