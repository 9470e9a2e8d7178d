#include "proxy/http/remote_read_api.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "prometheus/remote_read.pb.h"
#include "proxy/http/envelope.h"
#include "snappy.h"

namespace tributary {
namespace {

constexpr size_t kMaxRequestBytes = 1 << 20;

absl::StatusOr<prometheus::ReadRequest> RequestOf(const HttpRequest& http) {
  if (const absl::string_view encoding = http.Header("content-encoding"); encoding != "snappy") {
    return absl::InvalidArgumentError("remote read takes protobuf with Content-Encoding: snappy");
  }
  size_t size = 0;
  if (!snappy::GetUncompressedLength(http.body.data(), http.body.size(), &size)) {
    return absl::InvalidArgumentError("the request is not compressed by snappy");
  }
  if (size > kMaxRequestBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the request is over ", kMaxRequestBytes, " bytes"));
  }
  std::string bytes;
  if (!snappy::Uncompress(http.body.data(), http.body.size(), &bytes)) {
    return absl::InvalidArgumentError("the request is not compressed by snappy");
  }
  prometheus::ReadRequest request;
  if (!request.ParseFromString(bytes)) return absl::InvalidArgumentError("the request is no ReadRequest");
  return request;
}

absl::StatusOr<bool> AllowsPartial(const HttpRequest& http) {
  const absl::string_view partial = http.Parameter("partial").value_or("refuse");
  if (partial == "refuse" || partial == "allow") return partial == "allow";
  return absl::InvalidArgumentError("the parameter \"partial\" is \"refuse\" or \"allow\"");
}

absl::StatusOr<HttpResponse> Read(QueryRunner& queries, const HttpRequest& http) {
  TRIBUTARY_ASSIGN_OR_RETURN(const bool allow_partial, AllowsPartial(http));
  TRIBUTARY_ASSIGN_OR_RETURN(const prometheus::ReadRequest request, RequestOf(http));
  TRIBUTARY_ASSIGN_OR_RETURN(const prometheus::ReadResponse answer, queries.Read(request, allow_partial));
  const std::string bytes = answer.SerializeAsString();
  HttpResponse response;
  response.content_type = "application/x-protobuf";
  response.headers = {{"Content-Encoding", "snappy"}};
  snappy::Compress(bytes.data(), bytes.size(), &response.body);
  return response;
}

}  // namespace

void RegisterRemoteReadApi(HttpServer& server, QueryRunner& queries) {
  server.Handle("POST", "/api/v1/read", [&queries](const HttpRequest& request) {
    absl::StatusOr<HttpResponse> response = Read(queries, request);
    if (response.ok()) return *std::move(response);
    return HttpResponse::Text(HttpStatusOf(response.status()), absl::StrCat(response.status().message(), "\n"));
  });
}

}  // namespace tributary
