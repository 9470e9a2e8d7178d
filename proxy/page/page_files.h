#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tributary {

// A file of the page, embedded when the program was built (proxy/page/embed.py).
struct PageFile {
  absl::string_view name;
  absl::string_view content_type;
  absl::string_view digest;  // of the bytes, in hexadecimal
  absl::string_view bytes;
  absl::string_view gzip;  // the same, compressed
};

// index.html first.
absl::Span<const PageFile> PageFiles();

}  // namespace tributary
