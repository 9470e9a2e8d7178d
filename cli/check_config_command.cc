#include "cli/check_config_command.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "cli/timed_command.h"
#include "common/base/clock.h"
#include "common/config/yaml_tree.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary check-config /etc/tributary/local.yaml
  tributary check-config --program global node.yaml

Each file is read by the program it is for (found beside this one, or else in PATH), with this environment over it.

Exit status: 0 all can be used, 1 one cannot, 2 it cannot be told which program a file is for.)";

constexpr size_t kMaxFileBytes = 4 << 20;

struct CheckOptions {
  std::vector<std::string> files;
  std::string program;
};

std::string ReadText(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMaxFileBytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return text;
}

// The path beside this program; the bare name, for PATH, when there is none.
std::string PathOf(const std::string& program) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::filesystem::path beside = self.parent_path() / program;
  return access(beside.c_str(), X_OK) == 0 ? beside.string() : program;
}

int CheckFile(const CLI::App& app, const std::string& file, const std::string& asked) {
  if (access(file.c_str(), R_OK) != 0) return Failure(app, absl::StrCat(file, ": ", std::strerror(errno)));
  const std::string role = asked.empty() ? ProgramOfConfig(ReadText(file)) : asked;
  if (role.empty())
    return UsageError(app, absl::StrCat(file, ": which program is it for? say --program local|proxy|global"));
  const std::string program = absl::StrCat("tributary-", role);
  const SystemClock clock;
  const absl::StatusOr<TimedCommand> checked = RunTimed({PathOf(program), "--config", file, "--check-config"}, clock);
  if (!checked.ok()) {
    return Failure(app, absl::StrCat("cannot run ", program, " (", checked.status().message(),
                                     "): it must stand beside this program or in PATH"));
  }
  if (checked->exit_status != 0) return Failure(app, absl::StrCat(file, ": not for use with ", program));
  return PrintText(absl::StrCat(file, ": good for ", program, "\n"));
}

int Run(const CLI::App& app, const CheckOptions& options) {
  int worst = kExitOk;
  for (const std::string& file : options.files) worst = std::max(worst, CheckFile(app, file, options.program));
  return worst;
}

}  // namespace

std::string ProgramOfConfig(absl::string_view yaml) {
  constexpr std::pair<absl::string_view, absl::string_view> kKeys[] = {
      {"globals", "proxy"},  {"store", "global"},           {"merge", "global"}, {"outbox", "global"},
      {"node_id", "global"}, {"expected_agents", "global"}, {"ingest", "local"}, {"forward", "local"},
      {"flush", "local"},    {"limits", "local"},           {"rules", "local"},  {"extend_tags", "local"},
      {"host", "local"},     {"data_dir", "local"}};
  std::vector<YamlDuplicate> duplicates;
  const absl::StatusOr<YamlValue> tree = ParseYamlTree(yaml, "", duplicates);
  if (!tree.ok()) return "";
  std::string found;
  for (const auto& [key, program] : kKeys) {
    if (tree->Find(key) == nullptr) continue;
    if (!found.empty() && found != program) return "";
    found = std::string(program);
  }
  return found;
}

Command AddCheckConfigCommand(CLI::App& app) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check-config", "Say what is wrong with configuration files");
  command->add_option("FILE", options->files, "one or more")->required()->type_name("");
  AddChoice(command->add_option("--program", options->program, "which one they are for; else their keys tell"),
            {"local", "proxy", "global"});
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
