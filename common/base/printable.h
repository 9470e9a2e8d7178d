#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// Text that came from outside, fit for JSON and a terminal: valid UTF-8 stays as it is; control characters and bytes
// that are no UTF-8 become \xNN, with two hex digits. A backslash stays: this is to be read, not to be read back.
std::string Printable(absl::string_view text);

}  // namespace tributary
