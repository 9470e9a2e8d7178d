#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"

namespace tributary {

// Reads a whole text as a decimal with optional sign, fraction and exponent, as std::from_chars does, to the bit; false
// when it is none, or not finite.
bool ReadDecimal(absl::string_view text, double& number);

}  // namespace tributary
