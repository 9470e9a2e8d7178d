#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/config/command_tree.h"

namespace tributary {

// A man page in roff (man macros) of a whole command line: "tributary(1)", "tributary-local(8)".
std::string ManPage(const CommandTree& tree, absl::string_view version, int section);

// Prints it on standard output; the exit status of a program's --print-man-page.
int PrintManPage(const CLI::App& app, absl::string_view version, int section);

}  // namespace tributary
