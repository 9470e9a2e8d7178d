#include "common/config/program_arguments.h"

#include <memory>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "common/config/help_formatter.h"
#include "common/config/man_page.h"

namespace tributary {
namespace {

constexpr absl::string_view kFooter =
    R"(Every configuration key has a variable that overrides it: TRIBUTARY_FLUSH_COMPRESSION stands for flush.compression.
SIGTERM and SIGINT stop it in good order, SIGHUP reads again what can be read again.

Exit status: 0 ended in good order, 1 failed, 2 the words are wrong.)";

}  // namespace

std::optional<int> ParseProgramArguments(int argc, char** argv, absl::string_view program, absl::string_view version,
                                         absl::string_view description, ProgramArguments& arguments) {
  CLI::App app{std::string(description), std::string(program)};
  bool print_man_page = false;
  app.formatter(std::make_shared<HelpFormatter>());
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) { return ParseErrorText(*failed, error); });
  app.set_help_flag("-h,--help", "print this and end");
  app.set_version_flag("--version", absl::StrCat(program, " ", version), "print the version and end");
  app.add_option("--config", arguments.config_file, "configuration file (YAML)")->type_name("FILE");
  app.add_flag("--check-config", arguments.check_config, "say what is wrong with the file, and end with 0 or 1");
  app.add_flag("--print-config-keys", arguments.print_config_keys, "list every key with its default and type, and end");
  app.add_flag("--print-man-page", print_man_page)->group("");
  app.footer(std::string(kFooter));
  try {
    app.parse(argc, argv);
    if (print_man_page) return PrintManPage(app, version, 8);
    if (arguments.config_file.empty() && !arguments.print_config_keys) throw CLI::RequiredError("--config");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace tributary
