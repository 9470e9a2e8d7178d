#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace CLI {
class App;
}

namespace tributary {

// What `tributary` tells its caller.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // the server could not answer, or had no data
inline constexpr int kExitUsage = 2;   // the question itself is wrong

// One subcommand of `tributary`, made by its Add...Command(CLI::App&), which adds it with its options to the app.
struct Command {
  CLI::App* app = nullptr;   // the subcommand; owned by its parent
  std::function<int()> run;  // called once when the subcommand was chosen; holds the values of its options
};

// Adds --proxy URL, by default TRIBUTARY_PROXY or http://127.0.0.1:8128. `url` outlives the app's parsing.
void AddProxyOption(CLI::App& app, std::string& url);

// "tributary query: reason" on standard error, and kExitUsage or kExitFailed.
int UsageError(const CLI::App& app, absl::string_view reason);
int Failure(const CLI::App& app, absl::string_view reason);

}  // namespace tributary
