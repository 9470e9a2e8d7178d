#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tributary {

// Why a message is refused: one word of docs/wire.md, "Refusals", fit to be a label of a counter.
inline absl::Status Refused(absl::string_view reason) { return absl::InvalidArgumentError(reason); }

}  // namespace tributary
