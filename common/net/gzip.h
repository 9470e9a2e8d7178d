#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// Whether a client that sends this Accept-Encoding takes gzip: "gzip, deflate", "gzip;q=0.5", "*"; not "gzip;q=0".
bool AcceptsGzip(absl::string_view accept_encoding);

// `bytes` in the gzip format (RFC 1952), compressed fast rather than well; nothing where that would not be smaller.
// Memory: at most as much as `bytes`, and zlib's 256 KiB. Time: some 10 ms a MiB.
std::optional<std::string> Gzip(absl::string_view bytes);

}  // namespace tributary
