#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/net/http_client.h"

namespace CLI {
class App;
}

namespace tributary {

// A program of the cluster as the user names it, and how it is asked. A value.
struct HttpTarget {
  std::string url = {};         // http:// when it says nothing else
  std::string ca_file = {};     // whose certificate an https:// one must have; empty: one of the system's
  std::string token_file = {};  // holds a bearer token; empty: TRIBUTARY_TOKEN, if that is set

  // With its scheme, and without a slash at its end.
  std::string Base() const;
  // Puts URL, authority and token of a request for `path` into `fetch`.
  absl::Status Fill(absl::string_view path, HttpFetch& fetch) const;
};

// Adds --proxy URL, by default TRIBUTARY_PROXY or http://127.0.0.1:8128, and --ca-file and --token-file. `target`
// outlives the app's parsing.
void AddProxyOption(CLI::App& app, HttpTarget& target);
// The same with --agent URL, by default TRIBUTARY_AGENT_HTTP or http://127.0.0.1:8126.
void AddAgentOption(CLI::App& app, HttpTarget& target);

}  // namespace tributary
