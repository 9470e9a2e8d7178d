#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"

namespace tributary {

// The bytes that a file of tests/golden has as hexadecimal digits; none where there is no such file.
inline std::string GoldenBytes(const std::string& file_name) {
  std::ifstream file(TRIBUTARY_GOLDEN_DIR "/" + file_name);
  const std::string hex((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return absl::HexStringToBytes(absl::StrReplaceAll(hex, {{"\n", ""}}));
}

}  // namespace tributary
