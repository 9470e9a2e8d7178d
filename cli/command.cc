#include "cli/command.h"

#include <cstdio>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

int Complain(const CLI::App& app, absl::string_view reason, int code) {
  const std::string line = absl::StrCat("tributary ", app.get_name(), ": ", reason, "\n");
  std::fputs(line.c_str(), stderr);
  return code;
}

}  // namespace

void AddProxyOption(CLI::App& app, std::string& url) {
  url = "http://127.0.0.1:8128";
  app.add_option("--proxy", url, "a proxy's HTTP address")
      ->envname("TRIBUTARY_PROXY")
      ->type_name("URL")
      ->capture_default_str();
}

int UsageError(const CLI::App& app, absl::string_view reason) { return Complain(app, reason, kExitUsage); }
int Failure(const CLI::App& app, absl::string_view reason) { return Complain(app, reason, kExitFailed); }

}  // namespace tributary
