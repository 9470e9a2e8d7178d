#include "cli/http_target.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"

namespace tributary {
namespace {

void AddOptions(CLI::App& app, const char* name, const char* variable, const char* help, HttpTarget& target) {
  app.add_option(name, target.url, help)->envname(variable)->type_name("URL")->capture_default_str();
  app.add_option("--ca-file", target.ca_file, "authorities in PEM that an https:// address must be certified by")
      ->envname("TRIBUTARY_CA_FILE")
      ->type_name("FILE");
  app.add_option("--token-file", target.token_file,
                 "a file whose first line is the token that the pages ask for; else TRIBUTARY_TOKEN is the token")
      ->type_name("FILE");
}

// The first line that is no comment, so that a server's own file will do.
absl::StatusOr<std::string> ReadToken(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (!file.good()) return absl::FailedPreconditionError(absl::StrCat(path, ": ", std::strerror(errno)));
  for (std::string line; std::getline(file, line);) {
    const absl::string_view token = absl::StripAsciiWhitespace(line);
    if (!token.empty() && token.front() != '#') return std::string(token);
  }
  return absl::FailedPreconditionError(absl::StrCat(path, ": no token in it"));
}

// Empty when there is none.
absl::StatusOr<std::string> TokenOf(const HttpTarget& target) {
  if (!target.token_file.empty()) return ReadToken(target.token_file);
  const char* token = std::getenv("TRIBUTARY_TOKEN");
  return std::string(token == nullptr ? "" : token);
}

}  // namespace

std::string HttpTarget::Base() const {
  return absl::StrCat(absl::StrContains(url, "://") ? "" : "http://", absl::StripSuffix(url, "/"));
}

absl::Status HttpTarget::Fill(absl::string_view path, HttpFetch& fetch) const {
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string token, TokenOf(*this));
  fetch.url = absl::StrCat(Base(), path);
  fetch.ca_file = ca_file;
  if (!token.empty()) fetch.headers.emplace_back("Authorization", absl::StrCat("Bearer ", token));
  return absl::OkStatus();
}

void AddProxyOption(CLI::App& app, HttpTarget& target) {
  target.url = "http://127.0.0.1:8128";
  AddOptions(app, "--proxy", "TRIBUTARY_PROXY", "a proxy's HTTP address", target);
}

void AddAgentOption(CLI::App& app, HttpTarget& target) {
  target.url = "http://127.0.0.1:8126";
  AddOptions(app, "--agent", "TRIBUTARY_AGENT_HTTP", "the agent's HTTP address", target);
}

}  // namespace tributary
