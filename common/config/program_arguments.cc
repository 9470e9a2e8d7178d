#include "common/config/program_arguments.h"

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"

namespace tributary {

std::optional<int> ParseProgramArguments(int argc, char** argv, absl::string_view program, absl::string_view version,
                                         absl::string_view description, ProgramArguments& arguments) {
  CLI::App app{std::string(description), std::string(program)};
  app.set_version_flag("--version", absl::StrCat(program, " ", version));
  app.add_option("--config", arguments.config_file, "Configuration file (YAML)");
  app.add_flag("--check-config", arguments.check_config, "Say what is wrong with the file, and end with 0 or 1");
  app.add_flag("--print-config-keys", arguments.print_config_keys, "List every key with its default and type, and end");
  try {
    app.parse(argc, argv);
    if (arguments.config_file.empty() && !arguments.print_config_keys) throw CLI::RequiredError("--config");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace tributary
