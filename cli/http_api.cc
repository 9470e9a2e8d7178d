#include "cli/http_api.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace tributary {
namespace {

// Of {"status":"error","error":"..."}, or the text itself.
std::string Complaint(const HttpReply& reply) {
  const nlohmann::json body = nlohmann::json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_object() && body.contains("error") && body["error"].is_string()) return body["error"];
  return std::string(absl::StripAsciiWhitespace(reply.body.substr(0, 200)));
}

}  // namespace

HttpApi::HttpApi(absl::string_view program, HttpTarget target, absl::string_view option)
    : program_(program), target_(std::move(target)), url_(target_.Base()), option_(option) {}

absl::StatusOr<HttpReply> HttpApi::Fetch(absl::string_view path, HttpFetch fetch) {
  TRIBUTARY_RETURN_IF_ERROR(target_.Fill(path, fetch));
  fetch.max_response_bytes = 64 << 20;
  absl::StatusOr<HttpReply> reply = client_.Fetch(fetch);
  if (!reply.ok()) {
    return absl::Status(reply.status().code(),
                        absl::StrCat("no ", program_, " answers at ", url_, " (", reply.status().message(),
                                     "); does it run there? ", option_, " names another"));
  }
  if (reply->status == 401) {
    return absl::UnauthenticatedError(
        absl::StrCat(url_, " asks for a token; --token-file or TRIBUTARY_TOKEN gives one"));
  }
  return reply;
}

absl::StatusOr<std::string> HttpApi::Get(absl::string_view path) {
  TRIBUTARY_ASSIGN_OR_RETURN(HttpReply reply, Fetch(path, HttpFetch()));
  if (reply.status == 404) {
    return absl::NotFoundError(absl::StrCat(url_, " has no ", path.substr(0, path.find('?')), ": ", Complaint(reply),
                                            "; is it a Tributary ", program_, " of this version?"));
  }
  if (reply.status != 200) {
    return absl::UnavailableError(absl::StrCat(url_, " answered ", reply.status, ": ", Complaint(reply)));
  }
  return std::move(reply.body);
}

absl::StatusOr<std::string> HttpApi::Post(absl::string_view path, std::string form, absl::Duration timeout) {
  HttpFetch fetch;
  fetch.method = "POST";
  fetch.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  fetch.body = std::move(form);
  fetch.timeout = timeout + absl::Seconds(2);  // it says itself what it waited for
  TRIBUTARY_ASSIGN_OR_RETURN(HttpReply reply, Fetch(path, std::move(fetch)));
  return std::move(reply.body);
}

}  // namespace tributary
