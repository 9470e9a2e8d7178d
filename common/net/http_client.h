#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/net/http_message.h"

namespace tributary {

struct HttpFetch {
  std::string method = "GET";
  std::string url = {};  // http:// or https://
  HttpHeaders headers = {};
  std::string body = {};
  absl::Duration timeout = absl::Seconds(10);  // for the whole exchange
  size_t max_response_bytes = 1 << 20;         // of the body; more is ResourceExhausted
  std::string ca_file = {};                    // PEM; empty: the system's
  std::string certificate_file = {};           // PEM, for mTLS, with key_file
  std::string key_file = {};
  // Gets the body of a 2xx piece by piece as it arrives, instead of HttpReply::body, and without max_response_bytes:
  // for watches. Returning false ends the exchange with Cancelled. Must not throw.
  std::function<bool(absl::string_view)> on_body = {};
};

struct HttpReply {
  int status = 0;
  std::string body = {};
  HttpHeaders headers = {};  // names in lower case, at most 64 KiB in all

  absl::string_view Header(absl::string_view name) const { return FindHttpHeader(headers, name); }
};

// Makes HTTP requests, one at a time, keeping the connection between them. Redirects are not followed; the variables
// http_proxy, https_proxy and no_proxy are heeded.
//
// Errors:  any status is a reply; not getting one is Unavailable (refused, reset, unknown host, TLS), DeadlineExceeded,
//          ResourceExhausted when the response is too large, InvalidArgument for a URL that is none. The message names
//          the URL's host, never its credentials or parameters.
// Threads: thread-compatible, but Cancel may be called from any thread.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  absl::StatusOr<HttpReply> Fetch(const HttpFetch& fetch);

  // The running Fetch, and every later one, returns Cancelled soon: for shutdown.
  void Cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tributary
