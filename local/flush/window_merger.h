#pragma once

#include <vector>

#include "common/aggregate/row.h"
#include "local/shard/window.h"

namespace tributary {

// Merges what several shards have of one interval: each series once. REQUIRES: at least one window, equal intervals.
Window MergeWindows(std::vector<Window> windows);

// Takes the series of local scope out of `window`, as rows.
std::vector<Row> TakeLocalRows(Window& window, bool late);

}  // namespace tributary
