#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// How tributary-local, tributary-proxy and tributary-global are started.
struct ProgramArguments {
  std::string config_file;         // --config FILE
  bool check_config = false;       // --check-config: says what is wrong with the file, and ends
  bool print_config_keys = false;  // --print-config-keys: lists all there are, and ends; needs no file
};

// Reads the command line. When there is nothing more to do (--help, --version, or a mistake that has been told), the
// exit status is returned.
std::optional<int> ParseProgramArguments(int argc, char** argv, absl::string_view program, absl::string_view version,
                                         absl::string_view description, ProgramArguments& arguments);

}  // namespace tributary
