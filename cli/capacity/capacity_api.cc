#include "cli/capacity/capacity_api.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/net/http_client.h"
#include "common/net/http_message.h"

namespace tributary {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(110);  // the proxy gives up before
constexpr size_t kMaxFileLines = 64;

absl::Status RefusalOf(int status, const nlohmann::json& envelope) {
  const std::string message = envelope.at("error");
  switch (status) {
    case 400:
      return absl::InvalidArgumentError(message);
    case 404:
      return absl::NotFoundError(message);
    case 422:
      return absl::FailedPreconditionError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace

absl::StatusOr<nlohmann::json> AskCapacity(const HttpTarget& proxy, const std::string& what,
                                           const Parameters& parameters, bool post) {
  const auto pair = [](std::string* out, const std::pair<std::string, std::string>& parameter) {
    absl::StrAppend(out, parameter.first, "=", PercentEncode(parameter.second));
  };
  const std::string words = absl::StrJoin(parameters, "&", pair);
  HttpFetch fetch;
  const std::string path = absl::StrCat("/api/v1/capacity/", what);
  if (post) {
    fetch.method = "POST";
    fetch.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    fetch.body = words;
  }
  TRIBUTARY_RETURN_IF_ERROR(proxy.Fill(post || words.empty() ? path : absl::StrCat(path, "?", words), fetch));
  fetch.timeout = kPatience;
  fetch.max_response_bytes = 64 << 20;
  HttpClient client;
  const absl::StatusOr<HttpReply> reply = client.Fetch(fetch);
  if (!reply.ok()) {
    return absl::UnavailableError(absl::StrCat("no proxy answers at ", proxy.Base(), " (", reply.status().message(),
                                               "); --proxy or TRIBUTARY_PROXY names another"));
  }
  if (reply->status == 401) {
    return absl::UnauthenticatedError(
        absl::StrCat(proxy.Base(), " asks for a token; --token-file or TRIBUTARY_TOKEN gives one"));
  }
  if (reply->status == 403) {
    return absl::PermissionDeniedError(absl::StrCat(proxy.Base(), ": ", absl::StripAsciiWhitespace(reply->body)));
  }
  try {
    const nlohmann::json envelope = nlohmann::json::parse(reply->body);
    if (reply->status != 200) return RefusalOf(reply->status, envelope);
    return envelope.at("data");
  } catch (const std::exception&) {
    return absl::InternalError(
        absl::StrCat(proxy.Base(), " answered ", reply->status, ", and nothing that a Tributary proxy says"));
  }
}

absl::StatusOr<std::string> TimeWord(const std::string& text) {
  double seconds = 0;
  absl::Time time;
  std::string error;
  if (absl::SimpleAtod(text, &seconds) && std::isfinite(seconds)) return text;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return text;
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, &error)) {
      return absl::StrCat(absl::ToUnixSeconds(time));
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no time: write 2026-01-15T09:00 (here), 2026-01-15T09:00:00Z, or Unix seconds"));
}

absl::StatusOr<std::string> DependsWord(const std::string& text) {
  if (text == "auto" || text == "none" || absl::StrContains(text, ':')) return text;
  std::ifstream file(text);
  if (!file) {
    return absl::NotFoundError(
        absl::StrCat("--depends ", text, ": ", std::strerror(errno), "; it is auto, none, db:1.8, or a file"));
  }
  std::vector<std::string> pairs;
  std::string whole;
  while (std::getline(file, whole) && pairs.size() < kMaxFileLines) {
    const absl::string_view line = absl::StripAsciiWhitespace(whole);
    if (line.empty() || line.front() == '#') continue;
    const size_t end = line.find_last_of(":,= \t");
    if (end == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat(text, ": \"", line, "\" is no pair such as db: 1.8"));
    }
    const absl::string_view service = line.substr(0, line.find_last_not_of(":,= \t", end) + 1);
    pairs.push_back(absl::StrCat(service, ":", line.substr(end + 1)));
  }
  if (pairs.empty()) return absl::InvalidArgumentError(absl::StrCat(text, " names no service"));
  return absl::StrJoin(pairs, ",");
}

}  // namespace tributary
