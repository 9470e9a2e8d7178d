#include "common/config/completion.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/substitute.h"

namespace tributary {
namespace {

// Both scripts find the command by its path, "tributary emit counter", and then look up what may stand there.
using Visit = std::function<void(const std::string& path, const CommandTree& tree, const std::vector<CommandOption>&)>;

// Calls `visit` for each command, with its own options and those of its parents that it takes.
void ForEach(const CommandTree& tree, const std::string& parents, const std::vector<CommandOption>& inherited,
             const Visit& visit) {
  const std::string path = absl::StrCat(parents, tree.name);
  std::vector<CommandOption> options = tree.options;
  if (tree.takes_parents_options) options.insert(options.end(), inherited.begin(), inherited.end());
  visit(path, tree, options);
  for (const CommandTree& command : tree.commands) ForEach(command, path + " ", options, visit);
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// 'tributary emit -t' | 'tributary emit --tag'
std::string Patterns(const std::string& path, const CommandOption& option) {
  return absl::StrJoin(option.names, " | ", [&path](std::string* out, const std::string& name) {
    absl::StrAppend(out, Quoted(absl::StrCat(path, " ", name)));
  });
}

std::string Names(const std::vector<CommandOption>& options) {
  std::vector<std::string> names;
  for (const CommandOption& option : options) names.insert(names.end(), option.names.begin(), option.names.end());
  return absl::StrJoin(names, " ");
}

std::string NamesOf(const std::vector<CommandTree>& commands) {
  return absl::StrJoin(commands, " ", [](std::string* out, const CommandTree& command) { out->append(command.name); });
}

// The cases of one command in the three tables of a script.
struct Cases {
  std::string steps;   // a word leads to a command
  std::string values;  // the word before asks for a value
  std::string words;   // what else may stand
};

void AddSteps(const std::string& path, const CommandTree& tree, Cases& cases) {
  for (const CommandTree& command : tree.commands) {
    const std::string inner = Quoted(absl::StrCat(path, " ", command.name));
    absl::StrAppend(&cases.steps, "      ", inner, ") at=", inner, " ;;\n");
  }
}

bool TakesFiles(const CommandTree& tree) {
  for (const CommandOption& positional : tree.positionals) {
    if (positional.IsFile()) return true;
  }
  return false;
}

std::vector<std::string> ChoicesOf(const CommandTree& tree) {
  for (const CommandOption& positional : tree.positionals) {
    if (!positional.Choices().empty()) return positional.Choices();
  }
  return {};
}

constexpr char kBash[] = R"(# Completion of $0 for bash; made by `$0 completion bash`.
_$1() {
  local at=$0 current=$${COMP_WORDS[COMP_CWORD]} before=$${COMP_WORDS[COMP_CWORD-1]} commands= options= files= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$$at $${COMP_WORDS[i]}" in
$2    esac
  done
  case "$$at $$before" in
$3  esac
  case "$$at" in
$4  esac
  if [[ $$current == -* ]]; then
    COMPREPLY=($$(compgen -W "$$options" -- "$$current"))
  else
    COMPREPLY=($$(compgen -W "$$commands" -- "$$current"))
    [[ -n $$files ]] && COMPREPLY+=($$(compgen -f -- "$$current"))
  fi
}
complete -o filenames -F _$1 $0
)";

constexpr char kZsh[] = R"(#compdef $0
# Completion of $0 for zsh; made by `$0 completion zsh`.
_$1() {
  local at=$0 files= i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    case "$$at $${words[i]}" in
$2    esac
  done
  case "$$at $${words[CURRENT-1]}" in
$3  esac
  case "$$at" in
$4  esac
  if [[ $$PREFIX == -* ]]; then
    _describe -o option options
    return
  fi
  (( $${#commands} )) && _describe command commands
  [[ -n $$files ]] && _files
}
if [[ $${funcstack[1]} == _$1 ]]; then _$1 "$$@"; else compdef _$1 $0; fi
)";

std::string Script(const char* format, const CommandTree& tree, const Cases& cases) {
  const std::string function = absl::StrReplaceAll(tree.name, {{"-", "_"}});
  return absl::Substitute(format, tree.name, function, cases.steps, cases.values, cases.words);
}

bool TakesAnything(const CommandOption& option) {
  return !option.value.empty() && !option.IsFile() && option.Choices().empty();
}

void AddBashValues(const std::string& path, const std::vector<CommandOption>& options, Cases& cases) {
  std::vector<std::string> free;  // where there is nothing to offer
  for (const CommandOption& option : options) {
    if (TakesAnything(option)) free.push_back(Patterns(path, option));
    if (option.value.empty() || TakesAnything(option)) continue;
    const std::string offer =
        option.IsFile() ? "-f" : absl::StrCat("-W ", Quoted(absl::StrJoin(option.Choices(), " ")));
    absl::StrAppend(&cases.values, "    ", Patterns(path, option), ") COMPREPLY=($(compgen ", offer,
                    " -- \"$current\")); return ;;\n");
  }
  if (!free.empty()) absl::StrAppend(&cases.values, "    ", absl::StrJoin(free, " | "), ") return ;;\n");
}

void AddZshValue(const std::string& path, const CommandOption& option, Cases& cases) {
  const std::string offer = option.IsFile()         ? "_files"
                            : TakesAnything(option) ? absl::StrCat("_message ", Quoted(option.value))
                                                    : absl::StrCat("compadd ", absl::StrJoin(option.Choices(), " "));
  absl::StrAppend(&cases.values, "    ", Patterns(path, option), ") ", offer, "; return ;;\n");
}

// 'name:what it does'
std::string Described(absl::string_view name, absl::string_view description) {
  return Quoted(absl::StrCat(name, ":", absl::StrReplaceAll(description, {{":", "\\:"}})));
}

}  // namespace

std::string BashCompletion(const CommandTree& tree) {
  Cases cases;
  ForEach(tree, "", {}, [&cases](const std::string& path, const CommandTree& command, const auto& options) {
    AddSteps(path, command, cases);
    AddBashValues(path, options, cases);
    const std::string commands =
        command.commands.empty() ? absl::StrJoin(ChoicesOf(command), " ") : NamesOf(command.commands);
    absl::StrAppend(&cases.words, "    ", Quoted(path), ") commands=", Quoted(commands),
                    " options=", Quoted(Names(options)), TakesFiles(command) ? " files=1" : "", " ;;\n");
  });
  return Script(kBash, tree, cases);
}

std::string ZshCompletion(const CommandTree& tree) {
  Cases cases;
  ForEach(tree, "", {}, [&cases](const std::string& path, const CommandTree& command, const auto& options) {
    AddSteps(path, command, cases);
    std::vector<std::string> commands, names;
    for (const CommandOption& option : options) {
      if (!option.value.empty()) AddZshValue(path, option, cases);
      for (const std::string& name : option.names) names.push_back(Described(name, option.description));
    }
    for (const CommandTree& inner : command.commands) commands.push_back(Described(inner.name, inner.description));
    for (const std::string& choice : ChoicesOf(command)) commands.push_back(Quoted(choice));
    absl::StrAppend(&cases.words, "    ", Quoted(path), ") commands=(", absl::StrJoin(commands, " "), ") options=(",
                    absl::StrJoin(names, " "), ")", TakesFiles(command) ? " files=1" : "", " ;;\n");
  });
  return Script(kZsh, tree, cases);
}

}  // namespace tributary
