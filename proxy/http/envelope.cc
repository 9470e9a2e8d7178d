#include "proxy/http/envelope.h"

#include <nlohmann/json.hpp>
#include <string>

#include "proxy/query/expression.h"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

struct ErrorKind {
  int http_status;
  const char* type;
};

ErrorKind KindOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return {400, "bad_data"};
    case absl::StatusCode::kNotFound:
      return {404, "not_found"};
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted:
      return {422, "execution"};
    case absl::StatusCode::kDeadlineExceeded:
      return {503, "timeout"};
    case absl::StatusCode::kUnavailable:
      return {503, "unavailable"};
    default:
      return {500, "internal"};
  }
}

HttpResponse Response(int status, const Json& json) {
  return HttpResponse::Json(status, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json SampleJson(const QueryResult::Sample& sample, double unix_seconds) {
  return {{"metric", sample.labels}, {"value", Json::array({unix_seconds, FormatNumber(sample.value)})}};
}

}  // namespace

HttpResponse VectorResponse(const QueryResult& result) {
  const double unix_seconds = static_cast<double>(absl::ToUnixMillis(result.time)) / 1000;
  Json samples = Json::array();
  for (const QueryResult::Sample& sample : result.samples) samples.push_back(SampleJson(sample, unix_seconds));
  Json json = {{"status", "success"}, {"data", {{"resultType", "vector"}, {"result", std::move(samples)}}}};
  if (!result.warnings.empty()) json["warnings"] = result.warnings;
  if (!result.infos.empty()) json["infos"] = result.infos;
  return Response(200, json);
}

HttpResponse ErrorResponse(const absl::Status& status) {
  const ErrorKind kind = KindOf(status.code());
  return Response(kind.http_status,
                  {{"status", "error"}, {"errorType", kind.type}, {"error", std::string(status.message())}});
}

HttpResponse BuildInfoResponse() {
  return Response(200, {{"status", "success"},
                        {"data",
                         {{"version", "2.55.0"},
                          {"revision", "tributary-" TRIBUTARY_VERSION},
                          {"branch", ""},
                          {"buildUser", ""},
                          {"buildDate", ""},
                          {"goVersion", ""}}}});
}

}  // namespace tributary
