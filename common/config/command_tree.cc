#include "common/config/command_tree.h"

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tributary {
namespace {

CommandOption OptionOf(const CLI::Option& option) {
  CommandOption result;
  if (option.nonpositional()) {
    for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  } else {
    result.names.push_back(option.get_name(true));
  }
  if (option.get_items_expected_max() > 0) result.value = option.get_type_name();
  result.description = option.get_description();
  result.default_value = option.get_default_str();
  result.variable = option.get_envname();
  result.required = option.get_required();
  result.many = option.get_items_expected_max() > 1;
  return result;
}

}  // namespace

std::vector<std::string> CommandOption::Choices() const {
  if (!absl::StrContains(value, '|')) return {};
  return absl::StrSplit(value, '|');
}

bool CommandOption::IsFile() const {
  return absl::StartsWith(value, "FILE") || (!names.empty() && absl::StartsWith(names.front(), "FILE"));
}

std::string CommandTree::Synopsis(const std::string& parents) const {
  std::string text = absl::StrCat(parents, name, options.empty() ? "" : " [OPTIONS]");
  for (const CommandOption& positional : positionals) {
    const std::string word = absl::StrCat(positional.names.front(), positional.many ? "..." : "");
    absl::StrAppend(&text, " ", positional.required ? word : absl::StrCat("[", word, "]"));
  }
  return commands.empty() ? text : absl::StrCat(text, " COMMAND ...");
}

CommandTree TreeOf(const CLI::App& app) {
  CommandTree tree;
  tree.name = app.get_name();
  tree.description = app.get_description();
  tree.footer = app.get_footer();
  tree.takes_parents_options = app.get_fallthrough();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->nonpositional() ? tree.options : tree.positionals).push_back(OptionOf(*option));
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) tree.commands.push_back(TreeOf(*command));
  }
  return tree;
}

}  // namespace tributary
