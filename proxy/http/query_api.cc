#include "proxy/http/query_api.h"

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "proxy/http/envelope.h"
#include "proxy/http/parameters.h"

namespace tributary {
namespace {

absl::StatusOr<QueryResult> RunQuery(QueryEngine& engine, const HttpRequest& request) {
  const std::optional<absl::string_view> query = request.Parameter("query");
  if (!query) return absl::InvalidArgumentError("the parameter \"query\" is missing");
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Time> time, TimeParameter(request, "time"));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Duration> timeout, DurationParameter(request, "timeout"));
  return engine.Query(*query, time, timeout);
}

HttpResponse Query(QueryEngine& engine, const HttpRequest& request) {
  const absl::StatusOr<QueryResult> result = RunQuery(engine, request);
  return result.ok() ? VectorResponse(*result) : ErrorResponse(result.status());
}

HttpResponse Ready(const QueryEngine& engine) {
  const absl::Status ready = engine.Ready();
  return ready.ok() ? HttpResponse::Text(200, "Tributary is ready.\n")
                    : HttpResponse::Text(503, absl::StrCat(ready.message(), "\n"));
}

HttpResponse UnknownEndpoint(const HttpRequest& request) {
  return ErrorResponse(absl::NotFoundError(absl::StrCat(
      request.path, " is not served; /api/v1/query, /api/v1/status/buildinfo and /api/v1/status/cluster are")));
}

}  // namespace

void RegisterQueryApi(HttpServer& server, QueryEngine& engine) {
  for (const char* method : {"GET", "POST"}) {
    server.Handle(method, "/api/v1/query", [&engine](const HttpRequest& request) { return Query(engine, request); });
    server.Handle(method, "/api/*", UnknownEndpoint);
  }
  server.Handle("GET", "/api/v1/status/buildinfo", [](const HttpRequest&) { return BuildInfoResponse(); });
  server.Handle("GET", "/-/healthy",
                [](const HttpRequest&) { return HttpResponse::Text(200, "Tributary is healthy.\n"); });
  server.Handle("GET", "/-/ready", [&engine](const HttpRequest&) { return Ready(engine); });
}

}  // namespace tributary
