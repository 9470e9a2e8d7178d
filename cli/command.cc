#include "cli/command.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tributary {
namespace {

int Complain(const CLI::App& app, absl::string_view reason, int code) {
  const std::string line = absl::StrCat("tributary ", app.get_name(), ": ", reason, "\n");
  std::fputs(line.c_str(), stderr);
  return code;
}

}  // namespace

void AddColourOption(CLI::App& app) {
  app.add_flag_callback(
      "--no-color", [] { setenv("NO_COLOR", "1", /*overwrite=*/1); }, "no colours, as NO_COLOR has it");
}

void AddListOption(CLI::App& app, const std::string& name, std::vector<std::string>& values, const std::string& type,
                   const std::string& help) {
  app.add_option(name, values, help)
      ->type_name(type)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void AddChoice(CLI::Option* option, const std::vector<std::string>& words) {
  option->type_name(absl::StrJoin(words, "|"))->check(CLI::IsMember(words).description(""));
}

int UsageError(const CLI::App& app, absl::string_view reason) { return Complain(app, reason, kExitUsage); }
int Failure(const CLI::App& app, absl::string_view reason) { return Complain(app, reason, kExitFailed); }

int PrintText(absl::string_view text) {
  const bool printed = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!printed) std::fprintf(stderr, "tributary: cannot write to standard output: %s\n", std::strerror(errno));
  return printed ? kExitOk : kExitFailed;
}

}  // namespace tributary
