#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/http_target.h"
#include "common/net/http_client.h"
#include "nlohmann/json.hpp"

namespace tributary {

// Asks one program of a cluster for JSON over HTTP. Errors are for the user: they name the program and its address, and
// how to name another. Thread-compatible.
class HttpApi {
 public:
  // `program` is "agent" or "proxy"; `option` names another URL: "--agent or TRIBUTARY_AGENT_HTTP".
  HttpApi(absl::string_view program, HttpTarget target, absl::string_view option);

  const std::string& url() const { return url_; }

  // The body as it came, of a 200. Unavailable: nobody answers. NotFound: it has no such page. Else what it says.
  absl::StatusOr<std::string> Get(absl::string_view path);

  // The body of an answer in Prometheus's envelope to a form ("query=up&time=1"), whatever its HTTP status: it says
  // itself what went wrong. `timeout` is what the program itself is told to keep.
  absl::StatusOr<std::string> Post(absl::string_view path, std::string form, absl::Duration timeout);

 private:
  // An answer of any status but 401.
  absl::StatusOr<HttpReply> Fetch(absl::string_view path, HttpFetch fetch);

  const std::string program_;
  const HttpTarget target_;
  const std::string url_;
  const std::string option_;
  HttpClient client_;
};

// Calls read(json) with the parsed body; what is no JSON, or not what `read` expects, is Internal.
template <class T, class Read>
absl::StatusOr<T> ReadJson(absl::string_view body, Read read) {
  try {
    return read(nlohmann::json::parse(body.begin(), body.end()));
  } catch (const std::exception& error) {
    return absl::InternalError(std::string("the answer is not as expected: ") + error.what());
  }
}

}  // namespace tributary
