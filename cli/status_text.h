#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "cli/cluster_status.h"
#include "cli/terminal.h"

namespace tributary {

struct StatusView {
  std::string url;
  size_t agents = 20;  // shown, those that are not well first
  size_t columns = 0;  // lines of tables are no longer; 0: any length
  Style style = Style(false);
};

// The verdict, what is wrong, then books, globals, sinks and agents. Internal when the data lacks something.
absl::StatusOr<std::string> StatusText(const ClusterStatus& status, const StatusView& view);

}  // namespace tributary
