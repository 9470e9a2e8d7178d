#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/terminal.h"
#include "nlohmann/json.hpp"

namespace tributary {

struct AuditView {
  std::string url;
  size_t columns = 0;  // lines of tables are no longer; 0: any length
  Style style = Style(false);
};

// Whether a proxy's /api/v1/status/audit says that the books balance. The error says why the body is not that.
absl::StatusOr<bool> IsBalanced(absl::string_view body);
// Nothing of it is under way.
absl::StatusOr<bool> IsSettled(absl::string_view body);

// The verdict, what is wrong, the equation, then the intervals and who is off.
absl::StatusOr<std::string> AuditText(absl::string_view body, const AuditView& view);

}  // namespace tributary
