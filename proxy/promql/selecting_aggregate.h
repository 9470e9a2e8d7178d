#pragma once

#include <vector>

#include "proxy/promql/aggregate.h"

namespace tributary::promql {

// topk, bottomk and limitk: appends the members of one group to `result`, each with only the points at whose times it
// is among the first k. Of an instant the best comes first. Members are moved from. Source: Prometheus,
// promql/engine.go.
void KeepSelected(const AggregateCall& call, const std::vector<Series*>& members, std::vector<Series>& result);

}  // namespace tributary::promql
