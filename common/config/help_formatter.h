#pragma once

#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "common/config/command_tree.h"

namespace tributary {

// What --help prints: usage, what it is for, arguments, options, commands, examples; wrapped at 100 characters.
std::string HelpText(const CommandTree& tree, const std::string& parents);

// Gives it to CLI11: app.formatter(std::make_shared<HelpFormatter>()) before subcommands are added.
class HelpFormatter : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

// "tributary emit: does not know 'conter'" and where help is, for a command line that could not be read.
std::string ParseErrorText(const CLI::App& app, const CLI::Error& error);

}  // namespace tributary
