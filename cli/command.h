#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tributary {

// What `tributary` tells its caller.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // the server could not answer, or had no data
inline constexpr int kExitUsage = 2;   // the question itself is wrong
inline constexpr int kExitMet = 3;     // what --fail-if names is the case

// One subcommand of `tributary`, made by its Add...Command(CLI::App&), which adds it with its options to the app.
struct Command {
  CLI::App* app = nullptr;   // the subcommand; owned by its parent
  std::function<int()> run;  // called once when the subcommand was chosen; holds the values of its options
};

// Adds --no-color, which sets NO_COLOR.
void AddColourOption(CLI::App& app);

// Adds an option that may be repeated, each time with one argument.
void AddListOption(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& type,
                   const std::string& help);

// The option takes one of these words; help and completions show them.
void AddChoice(CLI::Option* option, const std::vector<std::string>& words);

// "tributary query: reason" on standard error, and kExitUsage or kExitFailed.
int UsageError(const CLI::App& app, absl::string_view reason);
int Failure(const CLI::App& app, absl::string_view reason);

// Prints on standard output; kExitFailed when that is not possible, as on a full disk.
int PrintText(absl::string_view text);

}  // namespace tributary
