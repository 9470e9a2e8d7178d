#include "proxy/http/envelope.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

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

// Unix seconds with as many digits as milliseconds need.
std::string TimeText(int64_t unix_ms) {
  if (unix_ms % 1000 == 0) return absl::StrCat(unix_ms / 1000);
  return absl::StrFormat("%.3f", static_cast<double>(unix_ms) / 1000);
}

void AppendHistogram(const promql::Distribution& distribution, std::string& out) {
  absl::StrAppend(&out, "{\"count\":\"", promql::FormatValue(distribution.Count()), "\",\"sum\":\"",
                  promql::FormatValue(distribution.Sum()), "\",\"buckets\":[");
  bool first = true;
  for (const promql::Distribution::Bucket& bucket : distribution.Buckets()) {
    absl::StrAppend(&out, first ? "" : ",", "[", bucket.boundaries, ",\"", promql::FormatValue(bucket.lower), "\",\"",
                    promql::FormatValue(bucket.upper), "\",\"", promql::FormatValue(bucket.count), "\"]");
    first = false;
  }
  out.append("]}");
}

// [time, "value"] or [time, {histogram}]
void AppendPoint(const promql::Point& point, std::string& out) {
  absl::StrAppend(&out, "[", TimeText(point.time_ms), ",");
  if (point.distribution != nullptr) {
    AppendHistogram(*point.distribution, out);
  } else {
    absl::StrAppend(&out, "\"", promql::FormatValue(point.value), "\"");
  }
  out.push_back(']');
}

// The points with a distribution, or those without; nothing if there are none.
void AppendPoints(const std::vector<promql::Point>& points, bool distributions, std::string& out) {
  bool first = true;
  for (const promql::Point& point : points) {
    if ((point.distribution != nullptr) != distributions) continue;
    out.append(first ? (distributions ? ",\"histograms\":[" : ",\"values\":[") : ",");
    AppendPoint(point, out);
    first = false;
  }
  if (!first) out.push_back(']');
}

// Until it is longer than `max_bytes`; a series is some 11,000 points at most.
void AppendSeries(const promql::Answer& answer, uint64_t max_bytes, std::string& out) {
  bool first = true;
  for (const promql::Series& series : answer.series) {
    if (out.size() > max_bytes) return;
    absl::StrAppend(&out, first ? "" : ",", "{\"metric\":", LabelsJson(series.labels));
    first = false;
    if (answer.type == promql::ValueType::kMatrix) {
      AppendPoints(series.points, false, out);
      AppendPoints(series.points, true, out);
    } else if (!series.points.empty()) {
      out.append(series.points.front().distribution != nullptr ? ",\"histogram\":" : ",\"value\":");
      AppendPoint(series.points.front(), out);
    }
    out.push_back('}');
  }
}

void AppendTexts(absl::string_view name, const std::vector<std::string>& texts, std::string& out) {
  if (texts.empty()) return;
  absl::StrAppend(&out, ",\"", name, "\":", TextsJson(texts));
}

const char* TypeName(promql::ValueType type) {
  switch (type) {
    case promql::ValueType::kScalar:
      return "scalar";
    case promql::ValueType::kString:
      return "string";
    case promql::ValueType::kVector:
      return "vector";
    case promql::ValueType::kMatrix:
      return "matrix";
  }
  return "";
}

}  // namespace

std::string JsonText(absl::string_view text) {
  return Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TextsJson(const std::vector<std::string>& texts) {
  return absl::StrCat(
      "[", absl::StrJoin(texts, ",", [](std::string* out, const std::string& text) { out->append(JsonText(text)); }),
      "]");
}

std::string LabelsJson(const Labels& labels) {
  return absl::StrCat("{",
                      absl::StrJoin(labels, ",",
                                    [](std::string* out, const auto& label) {
                                      absl::StrAppend(out, JsonText(label.first), ":", JsonText(label.second));
                                    }),
                      "}");
}

HttpResponse AnswerResponse(const promql::Answer& answer, uint64_t max_bytes) {
  std::string body =
      absl::StrCat("{\"status\":\"success\",\"data\":{\"resultType\":\"", TypeName(answer.type), "\",\"result\":");
  if (answer.type == promql::ValueType::kScalar) {
    AppendPoint(answer.scalar, body);
  } else if (answer.type == promql::ValueType::kString) {
    absl::StrAppend(&body, "[", TimeText(answer.scalar.time_ms), ",", JsonText(answer.text), "]");
  } else {
    body.push_back('[');
    AppendSeries(answer, max_bytes, body);
    body.push_back(']');
  }
  if (body.size() > max_bytes) {
    return ErrorResponse(absl::ResourceExhaustedError(
        absl::StrCat("the answer is over ", max_bytes,
                     " bytes (query.max_answer_bytes); aggregate, narrow the selector, or lengthen the step")));
  }
  body.push_back('}');
  AppendTexts("warnings", answer.warnings, body);
  AppendTexts("infos", answer.infos, body);
  body.push_back('}');
  return HttpResponse::Json(200, std::move(body));
}

HttpResponse DataResponse(const std::string& data, const std::vector<std::string>& warnings) {
  std::string body = absl::StrCat("{\"status\":\"success\",\"data\":", data);
  AppendTexts("warnings", warnings, body);
  body.push_back('}');
  return HttpResponse::Json(200, std::move(body));
}

int HttpStatusOf(const absl::Status& status) { return KindOf(status.code()).http_status; }

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
