#include "cli/query_answer.h"

#include <nlohmann/json.hpp>

namespace tributary {
namespace {

using Json = nlohmann::json;

absl::Status RefusalOf(const Json& envelope) {
  const std::string type = envelope.at("errorType");
  const std::string message = envelope.at("error");
  if (type == "bad_data") return absl::InvalidArgumentError(message);
  if (type == "execution") return absl::FailedPreconditionError(message);
  return absl::UnavailableError(message);
}

QueryAnswer::Point PointOf(const Json& point) {
  return {.labels = point.at("metric"), .unix_seconds = point.at("value").at(0), .value = point.at("value").at(1)};
}

QueryAnswer AnswerOf(const Json& envelope) {
  QueryAnswer answer;
  const Json& data = envelope.at("data");
  if (data.at("resultType") != "vector") throw std::invalid_argument("no vector");
  for (const Json& point : data.at("result")) answer.points.push_back(PointOf(point));
  answer.warnings = envelope.value("warnings", answer.warnings);
  answer.infos = envelope.value("infos", answer.infos);
  return answer;
}

}  // namespace

absl::StatusOr<QueryAnswer> ParseQueryAnswer(absl::string_view body) {
  try {
    const Json envelope = Json::parse(body.begin(), body.end());
    if (envelope.at("status") == "error") return RefusalOf(envelope);
    return AnswerOf(envelope);
  } catch (const std::exception&) {  // not JSON, or of another shape
    return absl::InternalError("the answer is not one of Prometheus's HTTP API");
  }
}

}  // namespace tributary
