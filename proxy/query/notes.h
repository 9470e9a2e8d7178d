#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/query/expression.h"
#include "proxy/query/merged_answer.h"

namespace tributary {

// What an answer was made of, for people:
//   merged 720 sketches of 24 series, resolution 10s, partial rows 0, smallest coverage 100%
//   globals 2/2, committed through 2026-01-15T09:00:10Z
std::vector<std::string> Infos(const MergedAnswer& answer);

// Why it is less than the whole truth: globals that did not answer, partial rows, labels nobody has, series left out.
std::vector<std::string> Warnings(const MergedAnswer& answer, const QuantileExpression& expression);

// "global-1 (10.0.0.2:8127): deadline exceeded".
std::string Describe(const MergedAnswer::Missing& missing);

}  // namespace tributary
