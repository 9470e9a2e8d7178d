#include "common/config/help_formatter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace tributary {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kIndent = 26;  // of descriptions

// `left`, then `right` in its column, wrapped.
std::string Entry(absl::string_view left, absl::string_view right) {
  std::string text = absl::StrCat("  ", left);
  size_t column = text.size();
  const auto break_line = [&] {
    absl::StrAppend(&text, "\n", std::string(kIndent, ' '));
    column = kIndent;
  };
  if (column + 2 > kIndent && !right.empty()) break_line();
  for (const absl::string_view word : absl::StrSplit(right, ' ', absl::SkipEmpty())) {
    if (column > kIndent && column + 1 + word.size() > kColumns) break_line();
    const size_t gap = column < kIndent ? kIndent - column : (column == kIndent ? 0 : 1);
    absl::StrAppend(&text, std::string(gap, ' '), word);
    column += gap + word.size();
  }
  return text + "\n";
}

std::string Described(const CommandOption& option) {
  std::string text = option.description;
  std::vector<std::string> notes;
  if (option.required) notes.push_back("required");
  if (!option.variable.empty()) notes.push_back("else " + option.variable);
  if (!option.default_value.empty()) notes.push_back("default " + option.default_value);
  return notes.empty() ? text : absl::StrCat(text, " (", absl::StrJoin(notes, ", "), ")");
}

std::string Positional(const CommandOption& option) {
  const std::string choices = absl::StrJoin(option.Choices(), ", ");
  return Entry(option.names.front(),
               absl::StrCat(option.description, choices.empty() ? "" : absl::StrCat(": ", choices)));
}

const CLI::App* DeepestParsed(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  return at;
}

std::string PathOf(const CLI::App* app) {
  return app->get_parent() == nullptr ? app->get_name() : absl::StrCat(PathOf(app->get_parent()), " ", app->get_name());
}

}  // namespace

std::string HelpText(const CommandTree& tree, const std::string& parents) {
  std::string text = absl::StrCat("Usage: ", tree.Synopsis(parents), "\n\n", tree.description, "\n");
  if (!tree.positionals.empty()) absl::StrAppend(&text, "\nArguments:\n");
  for (const CommandOption& positional : tree.positionals) absl::StrAppend(&text, Positional(positional));
  if (!tree.options.empty()) absl::StrAppend(&text, "\nOptions:\n");
  for (const CommandOption& option : tree.options) {
    const std::string value = option.value.empty() ? "" : " " + option.value;
    absl::StrAppend(&text, Entry(absl::StrCat(absl::StrJoin(option.names, ", "), value), Described(option)));
  }
  if (!tree.commands.empty()) absl::StrAppend(&text, "\nCommands:\n");
  for (const CommandTree& command : tree.commands) absl::StrAppend(&text, Entry(command.name, command.description));
  return tree.footer.empty() ? text : absl::StrCat(text, "\n", tree.footer, "\n");
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  return HelpText(TreeOf(*app), app->get_parent() == nullptr ? "" : PathOf(app->get_parent()) + " ");
}

std::string ParseErrorText(const CLI::App& app, const CLI::Error& error) {
  const std::string path = PathOf(DeepestParsed(app));
  std::string what = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    std::vector<std::string> words = app.remaining(/*recurse=*/true);
    what = absl::StrCat("does not know '", absl::StrJoin(words, " "), "'");
  }
  return absl::StrCat(path, ": ", what, "\nTry '", path, " --help'.\n");
}

}  // namespace tributary
