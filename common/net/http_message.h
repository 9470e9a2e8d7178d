#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;
// In the order they came; a name may come several times.
using HttpParameters = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of that name; empty when there is none. Names are in lower case on both sides.
absl::string_view FindHttpHeader(const HttpHeaders& headers, absl::string_view name);

// A request as a handler sees it. A value.
struct HttpRequest {
  std::string method = {};         // "GET", "POST"; HEAD arrives as "GET"
  std::string path = {};           // decoded, without the query
  HttpParameters parameters = {};  // of the URL, then of an application/x-www-form-urlencoded body; decoded
  HttpHeaders headers = {};        // names in lower case
  std::string body = {};
  std::string peer = {};          // the client's IP address; empty when it is gone
  bool peer_is_loopback = false;  // 127.0.0.0/8 and ::1

  // The first of that name; nothing when there is none.
  std::optional<absl::string_view> Parameter(absl::string_view name) const;
  std::vector<absl::string_view> Parameters(absl::string_view name) const;
  absl::string_view Header(absl::string_view name) const;  // as FindHttpHeader
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  HttpHeaders headers = {};  // further ones

  static HttpResponse Text(int status, absl::string_view body);
  static HttpResponse Json(int status, std::string body);
};

// "a%20b+c" -> "a b+c", or with `plus_is_space` "a b c". Nothing when a % is not followed by two hex digits.
std::optional<std::string> PercentDecode(absl::string_view text, bool plus_is_space);
// Everything but A-Z a-z 0-9 - . _ ~ as %XX: for one path segment or parameter (RFC 3986 section 2.3).
std::string PercentEncode(absl::string_view text);
// Reads "a=1&b=2"; at most kMaxHttpParameters.
inline constexpr size_t kMaxHttpParameters = 1000;
absl::StatusOr<HttpParameters> ParseHttpParameters(absl::string_view query);

}  // namespace tributary
