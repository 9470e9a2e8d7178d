#include "common/config/man_page.h"

#include <cstdio>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace tributary {
namespace {

constexpr absl::string_view kPrograms[] = {"tributary", "tributary-local", "tributary-proxy", "tributary-global"};

std::string Escaped(absl::string_view text) {
  std::string escaped = absl::StrReplaceAll(
      text, {{"\\", "\\e"}, {"-", "\\-"}, {"'", "\\(aq"}, {"`", "\\(ga"}, {"^", "\\(ha"}, {"~", "\\(ti"}});
  return absl::StartsWith(escaped, ".") ? "\\&" + escaped : escaped;
}

std::string Bold(absl::string_view text) { return absl::StrCat("\\fB", Escaped(text), "\\fR"); }
std::string Italic(absl::string_view text) { return absl::StrCat("\\fI", Escaped(text), "\\fR"); }

// Indented lines stay as they are; the others flow.
std::string Paragraphs(absl::string_view text) {
  std::string roff = ".PP\n";
  bool example = false;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const bool indented = absl::StartsWith(line, "  ");
    if (indented && !example) absl::StrAppend(&roff, ".PP\n.RS 4\n.nf\n");
    if (!indented && example) absl::StrAppend(&roff, ".fi\n.RE\n");
    const bool ends_example = example && !indented;
    example = indented;
    if (line.empty() || ends_example) absl::StrAppend(&roff, ".PP\n");
    if (!line.empty()) absl::StrAppend(&roff, Escaped(absl::StripAsciiWhitespace(line)), "\n");
  }
  if (example) absl::StrAppend(&roff, ".fi\n.RE\n");
  return absl::StrReplaceAll(roff, {{".PP\n.PP\n.PP\n", ".PP\n"}, {".PP\n.PP\n", ".PP\n"}});
}

void AppendOption(std::string& roff, const CommandOption& option) {
  const auto bold = [](std::string* out, const std::string& name) { out->append(Bold(name)); };
  absl::StrAppend(&roff, ".TP\n", absl::StrJoin(option.names, ", ", bold));
  if (!option.value.empty()) absl::StrAppend(&roff, " ", Italic(option.value));
  absl::StrAppend(&roff, "\n", option.description.empty() ? "\\&" : Escaped(option.description));
  if (!option.default_value.empty()) absl::StrAppend(&roff, " (", Escaped(option.default_value), " when absent)");
  absl::StrAppend(&roff, "\n");
}

// --help is told once, of the whole program.
void AppendOptions(std::string& roff, const CommandTree& tree, bool with_help) {
  for (const CommandOption& positional : tree.positionals) AppendOption(roff, positional);
  for (const CommandOption& option : tree.options) {
    if (with_help || option.names.back() != "--help") AppendOption(roff, option);
  }
}

void AppendCommand(std::string& roff, const CommandTree& command, const std::string& parents) {
  absl::StrAppend(&roff, ".SS ", Escaped(command.Synopsis(parents)), "\n", Escaped(command.description), ".\n");
  AppendOptions(roff, command, /*with_help=*/false);
  if (!command.footer.empty()) absl::StrAppend(&roff, Paragraphs(command.footer));
  for (const CommandTree& inner : command.commands)
    AppendCommand(roff, inner, absl::StrCat(parents, command.name, " "));
}

void CollectVariables(const CommandTree& tree, std::map<std::string, std::string>& option_of) {
  for (const CommandOption& option : tree.options) {
    if (!option.variable.empty()) option_of.emplace(option.variable, option.names.back());
  }
  for (const CommandTree& command : tree.commands) CollectVariables(command, option_of);
}

void AppendVariables(std::string& roff, const CommandTree& tree) {
  std::map<std::string, std::string> option_of;
  CollectVariables(tree, option_of);
  if (option_of.empty()) return;
  absl::StrAppend(&roff, ".SH ENVIRONMENT\n");
  for (const auto& [variable, option] : option_of) {
    absl::StrAppend(&roff, ".TP\n", Bold(variable), "\nStands for ", Bold(option), " where that is absent.\n");
  }
}

void AppendSeeAlso(std::string& roff, const CommandTree& tree) {
  std::vector<std::string> others;
  for (const absl::string_view program : kPrograms) {
    if (program != tree.name) others.push_back(absl::StrCat(Bold(program), program == "tributary" ? "(1)" : "(8)"));
  }
  absl::StrAppend(&roff, ".SH SEE ALSO\n", absl::StrJoin(others, ",\n"), "\n");
}

}  // namespace

std::string ManPage(const CommandTree& tree, absl::string_view version, int section) {
  const absl::string_view purpose = absl::StripSuffix(tree.description, ".");
  std::string roff = absl::StrCat(".TH ", absl::AsciiStrToUpper(Escaped(tree.name)), " ", section, " \"\" \"Tributary ",
                                  version, "\"\n.SH NAME\n", Escaped(tree.name), " \\- ", Escaped(purpose), "\n");
  absl::StrAppend(&roff, ".SH SYNOPSIS\n", Bold(tree.name), Escaped(tree.Synopsis("").substr(tree.name.size())), "\n");
  absl::StrAppend(&roff, ".SH OPTIONS\n");
  AppendOptions(roff, tree, /*with_help=*/true);
  if (!tree.commands.empty()) absl::StrAppend(&roff, ".SH COMMANDS\n");
  for (const CommandTree& command : tree.commands) AppendCommand(roff, command, tree.name + " ");
  if (!tree.footer.empty()) absl::StrAppend(&roff, ".SH NOTES\n", Paragraphs(tree.footer));
  AppendVariables(roff, tree);
  AppendSeeAlso(roff, tree);
  return roff;
}

int PrintManPage(const CLI::App& app, absl::string_view version, int section) {
  const std::string page = ManPage(TreeOf(app), version, section);
  std::fputs(page.c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace tributary
