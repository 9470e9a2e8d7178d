#pragma once

#include <vector>

#include "proxy/capacity/launch_answer.h"
#include "proxy/capacity/launch_part.h"

namespace tributary {

// Tells what may break, after the paths are drawn: checks, first_to_break and breaks_at_multiplier of the answer; and
// each constraint's own check of what is expected.
//
// Checks:  of each resource of a part the host where it breaks first, each goal, and the queue; most probable first.
// First:   of all constraints the one with the least room above the median demand of its own service, for a dependency
//          may break before. Nothing when none ever breaks.
// Unknown: NaN, where latency or load is not known.
void DescribeChecks(std::vector<LaunchPart>& parts, LaunchAnswer& answer);

}  // namespace tributary
