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

absl::StatusOr<absl::string_view> QueryOf(const HttpRequest& request) {
  const std::optional<absl::string_view> query = request.Parameter("query");
  if (!query) return absl::InvalidArgumentError("the parameter \"query\" is missing");
  return *query;
}

template <class T>
absl::StatusOr<T> Required(const absl::StatusOr<std::optional<T>>& parameter, absl::string_view name) {
  if (!parameter.ok()) return parameter.status();
  if (!*parameter) return absl::InvalidArgumentError(absl::StrCat("the parameter \"", name, "\" is missing"));
  return **parameter;
}

absl::StatusOr<promql::Answer> Instant(QueryRunner& queries, const HttpRequest& request) {
  TRIBUTARY_ASSIGN_OR_RETURN(const absl::string_view query, QueryOf(request));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Time> time, TimeParameter(request, "time"));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Duration> timeout, DurationParameter(request, "timeout"));
  return queries.Instant(query, time.value_or(queries.Now()), timeout);
}

absl::StatusOr<promql::Answer> Range(QueryRunner& queries, const HttpRequest& request) {
  TRIBUTARY_ASSIGN_OR_RETURN(const absl::string_view query, QueryOf(request));
  TRIBUTARY_ASSIGN_OR_RETURN(const absl::Time start, Required(TimeParameter(request, "start"), "start"));
  TRIBUTARY_ASSIGN_OR_RETURN(const absl::Time end, Required(TimeParameter(request, "end"), "end"));
  TRIBUTARY_ASSIGN_OR_RETURN(const absl::Duration step, Required(DurationParameter(request, "step"), "step"));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Duration> timeout, DurationParameter(request, "timeout"));
  if (end < start) return absl::InvalidArgumentError("the parameter \"end\" is before \"start\"");
  return queries.Range(query, start, end, step, timeout);
}

HttpResponse Respond(const QueryRunner& queries, const absl::StatusOr<promql::Answer>& answer) {
  return answer.ok() ? AnswerResponse(*answer, queries.options().max_answer_bytes) : ErrorResponse(answer.status());
}

HttpResponse Ready(const QueryRunner& queries) {
  const absl::Status ready = queries.Ready();
  return ready.ok() ? HttpResponse::Text(200, "Tributary is ready.\n")
                    : HttpResponse::Text(503, absl::StrCat(ready.message(), "\n"));
}

HttpResponse UnknownEndpoint(const HttpRequest& request) {
  return ErrorResponse(absl::NotFoundError(absl::StrCat(request.path, " is not served; docs/query.md lists what is")));
}

}  // namespace

void RegisterQueryApi(HttpServer& server, QueryRunner& queries) {
  for (const char* method : {"GET", "POST"}) {
    server.Handle(method, "/api/v1/query",
                  [&queries](const HttpRequest& request) { return Respond(queries, Instant(queries, request)); });
    server.Handle(method, "/api/v1/query_range",
                  [&queries](const HttpRequest& request) { return Respond(queries, Range(queries, request)); });
    server.Handle(method, "/api/*", UnknownEndpoint);
  }
  server.Handle("GET", "/api/v1/status/buildinfo", [](const HttpRequest&) { return BuildInfoResponse(); });
  server.Handle("GET", "/-/healthy",
                [](const HttpRequest&) { return HttpResponse::Text(200, "Tributary is healthy.\n"); });
  server.Handle("GET", "/-/ready", [&queries](const HttpRequest&) { return Ready(queries); });
}

}  // namespace tributary
