#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// One zstd frame that says its size. Each thread keeps its own contexts, so that small inputs are cheap. Thread-safe.

// At level 1.
std::string CompressZstd(absl::string_view bytes);
// Nothing for what is not exactly one such frame, or would be more than `max_bytes`.
std::optional<std::string> DecompressZstd(absl::string_view frame, size_t max_bytes);

}  // namespace tributary
