#pragma once

#include <random>
#include <vector>

#include "proxy/capacity/launch_budget.h"
#include "proxy/capacity/launch_part.h"
#include "proxy/capacity/launch_question.h"

namespace tributary {

// Draws the question's paths: what each part's load would be, and what breaks of it. Fills usual, launch, need and
// unknown of each part, adds to `exceeds` of each constraint, and spends `budget` on some of the paths.
//
// Path:    one rank in the forecast's errors holds for the whole launch, for what is low at nine is low at ten. A
//          dependency gets its elasticity's part of what the first part, the service, gets more.
// Slopes:  one error for all hosts of a resource: what is wrong with one slope is wrong with all.
// Same:    the same `random` gives the same paths, draw by draw.
// Source:  the interval of an elasticity, Sen 1968 (elasticity.h), taken for a normal distribution's; docs/capacity.md.
// Threads: none of its own.
void DrawPaths(const LaunchQuestion& question, std::vector<LaunchPart>& parts, LaunchBudget& budget,
               std::mt19937_64& random);

}  // namespace tributary
