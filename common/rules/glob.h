#pragma once

#include "absl/strings/string_view.h"

namespace tributary {

// Whether `text` as a whole is `pattern`, in which `*` stands for any bytes, also none. Cost: at most the product of
// their lengths.
bool GlobMatches(absl::string_view pattern, absl::string_view text);

}  // namespace tributary
