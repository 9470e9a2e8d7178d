#pragma once

#include <vector>

#include "proxy/capacity/launch_answer.h"
#include "proxy/capacity/launch_part.h"

namespace tributary {

// What follows from the needs of the paths (LaunchPart has how replicas divide load). REQUIRES: all parts have the same
// paths, at least one.

// The smallest numbers of replicas with which nothing breaks, at kSure for all parts together: each gets an equal part
// of the doubt. `more` is nothing beyond kMaxReplicas.
// Source:  Bonferroni's inequality, for the doubt of all parts is at most the sum of each one's.
std::vector<ReplicaNeed> ReplicasOf(const std::vector<LaunchPart>& parts);

// That a path breaks nothing anywhere, with the replicas that the question adds.
double ProbabilityOf(const std::vector<LaunchPart>& parts);

}  // namespace tributary
