#include "cli/kubernetes_secrets.h"

#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/printable.h"
#include "common/base/status.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

using Json = nlohmann::json;

constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr size_t kShownBytes = 300;  // of what the server says

absl::StatusOr<std::string> ReadWord(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const absl::string_view word = absl::StripAsciiWhitespace(text);
  if (word.empty()) return absl::NotFoundError(absl::StrCat(path, ": cannot be read, or is empty"));
  return std::string(word);
}

// The whole of a new one; of one that exists what is to be there, while what is not told of stays as it is (RFC 7386).
Json ToJson(const KubernetesSecrets::Secret& secret) {
  Json data = Json::object();
  for (const auto& [key, value] : secret.data) data[key] = absl::Base64Escape(value);
  Json metadata = {{"annotations", secret.annotations}};
  if (secret.exists()) {
    metadata["resourceVersion"] = secret.version;
    return {{"metadata", metadata}, {"data", data}};
  }
  metadata["name"] = secret.name;
  metadata["labels"] = {{"app.kubernetes.io/part-of", "tributary"}};
  return {{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", metadata}, {"type", secret.type}, {"data", data}};
}

absl::StatusOr<KubernetesSecrets::Secret> FromJson(const std::string& name, const std::string& body) {
  KubernetesSecrets::Secret secret{.name = name};
  try {
    const Json json = Json::parse(body);
    const Json& metadata = json.at("metadata");
    secret.version = metadata.at("resourceVersion").get<std::string>();
    secret.type = json.value("type", secret.type);
    if (metadata.contains("annotations"))
      secret.annotations = metadata["annotations"].get<decltype(secret.annotations)>();
    if (json.contains("data")) {
      for (const auto& [key, value] : json["data"].get<std::map<std::string, std::string>>()) {
        if (!absl::Base64Unescape(value, &secret.data[key])) {
          return absl::InternalError(absl::StrCat("Secret ", name, ": data are not in base64"));
        }
      }
    }
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("Secret ", name, ": the answer is not as expected: ", error.what()));
  }
  return secret;
}

absl::Status StatusOf(const HttpReply& reply, const std::string& name) {
  if (reply.status / 100 == 2) return absl::OkStatus();
  if (reply.status == kConflict) {
    return absl::AbortedError(absl::StrCat("Secret ", name, ": somebody else has changed it; run this again"));
  }
  const std::string said = Printable(reply.body.substr(0, kShownBytes));
  return absl::FailedPreconditionError(absl::StrCat("Secret ", name, ": HTTP ", reply.status, ": ", said));
}

}  // namespace

const std::string& KubernetesSecrets::Secret::Data(const std::string& key) const {
  static const std::string kNone;
  const auto found = data.find(key);
  return found == data.end() ? kNone : found->second;
}

absl::StatusOr<KubernetesSecrets> KubernetesSecrets::Open(Options options) {
  TRIBUTARY_ASSIGN_OR_RETURN(std::string token, ReadWord(options.account + "/token"));
  if (options.space.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(options.space, ReadWord(options.account + "/namespace"));
  }
  return KubernetesSecrets(std::move(options), std::move(token));
}

absl::StatusOr<KubernetesSecrets::Secret> KubernetesSecrets::Get(const std::string& name) {
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpReply reply, Ask("GET", name, ""));
  if (reply.status == kNotFound) return Secret{.name = name};
  TRIBUTARY_RETURN_IF_ERROR(StatusOf(reply, name));
  return FromJson(name, reply.body);
}

absl::Status KubernetesSecrets::Put(const Secret& secret) {
  const std::string body = ToJson(secret).dump();
  TRIBUTARY_ASSIGN_OR_RETURN(const HttpReply reply,
                             secret.exists() ? Ask("PATCH", secret.name, body) : Ask("POST", "", body));
  return StatusOf(reply, secret.name);
}

absl::StatusOr<HttpReply> KubernetesSecrets::Ask(const std::string& method, const std::string& name, std::string body) {
  HttpFetch fetch;
  fetch.method = method;
  fetch.url = absl::StrCat(options_.api, "/api/v1/namespaces/", options_.space, "/secrets");
  if (!name.empty()) absl::StrAppend(&fetch.url, "/", name);
  fetch.headers = {{"Authorization", absl::StrCat("Bearer ", token_)}, {"Accept", "application/json"}};
  const bool patches = method == "PATCH";
  if (!body.empty()) {
    fetch.headers.push_back({"Content-Type", patches ? "application/merge-patch+json" : "application/json"});
  }
  fetch.body = std::move(body);
  fetch.max_response_bytes = kMaxBytes;
  fetch.ca_file = options_.account + "/ca.crt";
  return client_->Fetch(fetch);
}

}  // namespace tributary
