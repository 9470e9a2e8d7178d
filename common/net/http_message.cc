#include "common/net/http_message.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"

namespace tributary {
namespace {

int HexDigit(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  const char lower = absl::ascii_tolower(c);
  return 'a' <= lower && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::optional<absl::string_view> HttpRequest::Parameter(absl::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<absl::string_view> HttpRequest::Parameters(absl::string_view name) const {
  std::vector<absl::string_view> values;
  for (const auto& [key, value] : parameters) {
    if (key == name) values.push_back(value);
  }
  return values;
}

absl::string_view HttpRequest::Header(absl::string_view name) const { return FindHttpHeader(headers, name); }

absl::string_view FindHttpHeader(const HttpHeaders& headers, absl::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

HttpResponse HttpResponse::Text(int status, absl::string_view body) {
  return {.status = status, .body = std::string(body)};
}

HttpResponse HttpResponse::Json(int status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

std::optional<std::string> PercentDecode(absl::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i] == '+' && plus_is_space ? ' ' : text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

std::string PercentEncode(absl::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return encoded;
}

absl::StatusOr<HttpParameters> ParseHttpParameters(absl::string_view query) {
  HttpParameters parameters;
  for (const absl::string_view pair : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    if (parameters.size() == kMaxHttpParameters) {
      return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxHttpParameters, " parameters"));
    }
    const size_t equals = std::min(pair.find('='), pair.size());
    const auto name = PercentDecode(pair.substr(0, equals), true);
    const auto value = PercentDecode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return absl::InvalidArgumentError("a % in a parameter that no two hex digits follow");
    parameters.emplace_back(*name, *value);
  }
  return parameters;
}

}  // namespace tributary
