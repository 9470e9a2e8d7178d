#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/terminal.h"

namespace tributary {

// How `top` is shown.
struct TopView {
  std::string url;
  size_t entries = 10;  // of each list
  size_t busiest = 10;  // of the list of series
  size_t columns = 0;   // lines are no longer; 0: any length. From 100 on, short lists stand beside each other
  Style style = Style(false);
};

// What an agent's /api/v1/top says, as text. Internal when the body is not that.
absl::StatusOr<std::string> TopText(absl::string_view body, const TopView& view);

// The same with as many entries, at most view.entries, as `rows` lines have room for; the busiest series get what is
// left.
absl::StatusOr<std::string> TopTextWithin(absl::string_view body, TopView view, size_t rows);

}  // namespace tributary
