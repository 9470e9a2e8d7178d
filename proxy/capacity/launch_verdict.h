#pragma once

#include <vector>

#include "proxy/capacity/launch_answer.h"
#include "proxy/capacity/launch_part.h"
#include "proxy/capacity/launch_question.h"

namespace tributary {

// Gives the verdict on an answer that has all else: verdict, reason, what is missing, the load test that would mend it.
// The rules are in docs/capacity.md.
//
// NO at once: a resource would be used up even by the least slope that its points allow, at the least demand that is to
//          be expected. Then nothing else matters: the probability is at most 5 %, and nothing is missing.
// UNKNOWN: a host would get more than kSafeReach times what one was ever seen with, no law tells of latencies there,
//          nothing was measured, or the forecast was not tested or is not to be trusted.
// Else:    YES from a probability of kSure on, RISKY from one half on, NO below.
void Conclude(const LaunchQuestion& question, const std::vector<LaunchPart>& parts, LaunchAnswer& answer);

}  // namespace tributary
