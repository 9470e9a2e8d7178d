#include "cli/http_api.h"

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tributary {
namespace {

// Of {"status":"error","error":"..."}, or the text itself.
std::string Complaint(const HttpReply& reply) {
  const nlohmann::json body = nlohmann::json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_object() && body.contains("error") && body["error"].is_string()) return body["error"];
  return std::string(absl::StripAsciiWhitespace(reply.body.substr(0, 200)));
}

}  // namespace

HttpApi::HttpApi(absl::string_view program, absl::string_view url, absl::string_view option)
    : program_(program),
      url_(absl::StrCat(absl::StrContains(url, "://") ? "" : "http://", absl::StripSuffix(url, "/"))),
      option_(option) {}

absl::StatusOr<std::string> HttpApi::Get(absl::string_view path) {
  HttpFetch fetch;
  fetch.url = absl::StrCat(url_, path);
  fetch.max_response_bytes = 64 << 20;
  absl::StatusOr<HttpReply> reply = client_.Fetch(fetch);
  if (!reply.ok()) {
    return absl::Status(reply.status().code(),
                        absl::StrCat("no ", program_, " answers at ", url_, " (", reply.status().message(),
                                     "); does it run there? ", option_, " names another"));
  }
  if (reply->status == 404) {
    return absl::NotFoundError(absl::StrCat(url_, " has no ", path.substr(0, path.find('?')), ": ", Complaint(*reply),
                                            "; is it a Tributary ", program_, " of this version?"));
  }
  if (reply->status != 200) {
    return absl::UnavailableError(absl::StrCat(url_, " answered ", reply->status, ": ", Complaint(*reply)));
  }
  return std::move(reply->body);
}

void AddAgentOption(CLI::App& app, std::string& url) {
  url = "http://127.0.0.1:8126";
  app.add_option("--agent", url, "the agent's HTTP address")
      ->envname("TRIBUTARY_AGENT_HTTP")
      ->type_name("URL")
      ->capture_default_str();
}

}  // namespace tributary
