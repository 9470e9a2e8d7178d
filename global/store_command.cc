#include "global/store_command.h"

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "global/store/store_tool.h"

namespace tributary {
namespace {

int Tell(const absl::Status& status) {
  if (status.ok()) return 0;
  std::cerr << "tributary-global: " << std::string(status.message()) << "\n";
  return 1;
}

int Check(const std::string& directory) {
  const absl::StatusOr<size_t> corrupt = CheckStore(directory, std::cout);
  if (!corrupt.ok()) return Tell(corrupt.status());
  return *corrupt == 0 ? 0 : 1;
}

int Import(const std::string& directory, const std::string& file) {
  std::ifstream from_file;
  if (!file.empty()) from_file.open(file);
  if (!from_file) return Tell(absl::NotFoundError("cannot open " + file));
  std::istream& in = file.empty() ? std::cin : from_file;
  const absl::StatusOr<ImportCounts> counts = ImportStore(directory, in);
  if (!counts.ok()) return Tell(counts.status());
  std::cout << counts->rows << " rows, and " << counts->known << " that were there\n";
  return 0;
}

struct Arguments {
  std::vector<std::string> directories;
  std::string format = "ndjson";
  std::string resolution;
  std::string file;
};

int Export(const Arguments& arguments) {
  absl::Duration length = absl::ZeroDuration();
  if (!arguments.resolution.empty() && !absl::ParseDuration(arguments.resolution, &length)) {
    return Tell(absl::InvalidArgumentError("--resolution is no duration"));
  }
  const ExportFormat format = arguments.format == "ndjson" ? ExportFormat::kNdjson : ExportFormat::kClickHouse;
  return Tell(ExportStore(arguments.directories.front(), format, length, std::cout));
}

template <class Act>
int ForEach(const std::vector<std::string>& directories, Act act) {
  int worst = 0;
  for (const std::string& directory : directories) worst = std::max(worst, act(directory));
  return worst;
}

}  // namespace

bool IsStoreCommand(int argc, char** argv) { return argc > 1 && absl::string_view(argv[1]) == "--store"; }

int RunStoreCommand(int argc, char** argv) {
  CLI::App app("Tools for the store of a global; all but import may be used while it runs.",
               "tributary-global --store");
  app.require_subcommand(1);
  Arguments arguments;
  const auto add = [&](const std::string& name, const std::string& description) {
    CLI::App* command = app.add_subcommand(name, description);
    command->add_option("DIR", arguments.directories, "store.path")->required()->check(CLI::ExistingDirectory);
    return command;
  };
  CLI::App* inspect = add("inspect", "rows, series and bytes by resolution and block");
  CLI::App* check = add("check", "compare checksums, decode every row, name what is corrupt");
  CLI::App* exported = add("export", "write rows to stdout");
  exported->get_option("DIR")->expected(1);
  exported->add_option("--format", arguments.format, "ndjson, or RowBinary for the table of the ClickHouse sink")
      ->check(CLI::IsMember({"ndjson", "clickhouse"}));
  exported->add_option("--resolution", arguments.resolution, "only rows of this length: the interval's, 1m or 1h");
  CLI::App* imported = app.add_subcommand("import", "put the rows of an export into a store whose global does not run");
  imported->add_option("DIR", arguments.directories, "store.path; made if it is not there")->required()->expected(1);
  imported->add_option("FILE", arguments.file, "an export as ndjson; default: stdin");
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (*inspect) {
    return ForEach(arguments.directories,
                   [](const std::string& directory) { return Tell(InspectStore(directory, std::cout)); });
  }
  if (*check) return ForEach(arguments.directories, Check);
  if (*exported) return Export(arguments);
  return Import(arguments.directories.front(), arguments.file);
}

}  // namespace tributary
