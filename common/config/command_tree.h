#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tributary {

// What a command line offers, as plain data: for man pages and completions. Hidden options are left out. A value.

struct CommandOption {
  std::vector<std::string> names;  // "-t", "--tag"; of a positional: what stands for it
  std::string value;               // "FILE", "DURATION", "bash|zsh"; empty: a flag
  std::string description;
  std::string default_value;
  std::string variable;  // of the environment, that gives it too
  bool required = false;
  bool many = false;

  // Of "bash|zsh"; empty where anything may stand.
  std::vector<std::string> Choices() const;
  bool IsFile() const;
};

struct CommandTree {
  std::string name;
  std::string description;
  std::string footer;  // paragraphs and, indented, examples
  std::vector<CommandOption> options;
  std::vector<CommandOption> positionals;
  std::vector<CommandTree> commands;
  bool takes_parents_options = false;

  // "tributary emit [OPTIONS] NAME [VALUE...]"; `parents` is "tributary ".
  std::string Synopsis(const std::string& parents) const;
};

CommandTree TreeOf(const CLI::App& app);

}  // namespace tributary
