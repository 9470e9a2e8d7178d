#include "cli/query_answer.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/printable.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kNameLabel = "__name__";

absl::Status RefusalOf(const Json& envelope) {
  const std::string type = envelope.at("errorType");
  const std::string message = envelope.at("error");
  if (type == "bad_data") return absl::InvalidArgumentError(message);
  if (type == "execution") return absl::FailedPreconditionError(message);
  return absl::UnavailableError(message);
}

QueryAnswer::Point PointOf(const Json& pair) { return {.unix_seconds = pair.at(0), .value = pair.at(1)}; }

QueryAnswer::Point DistributionOf(const Json& pair) {
  const Json& histogram = pair.at(1);
  return {.unix_seconds = pair.at(0),
          .distribution = QueryAnswer::Distribution{.count = histogram.at("count"), .sum = histogram.at("sum")}};
}

QueryAnswer::Series SeriesOf(const Json& json, bool is_range) {
  QueryAnswer::Series series{.labels = json.at("metric"), .points = {}};
  if (!is_range) {
    series.points.push_back(json.contains("histogram") ? DistributionOf(json["histogram"]) : PointOf(json.at("value")));
    return series;
  }
  for (const Json& pair : json.value("values", Json::array())) series.points.push_back(PointOf(pair));
  for (const Json& pair : json.value("histograms", Json::array())) series.points.push_back(DistributionOf(pair));
  std::stable_sort(series.points.begin(), series.points.end(),
                   [](const auto& a, const auto& b) { return a.unix_seconds < b.unix_seconds; });
  return series;
}

QueryAnswer AnswerOf(const Json& envelope) {
  QueryAnswer answer;
  const Json& data = envelope.at("data");
  const std::string type = data.at("resultType");
  answer.is_range = type == "matrix";
  if (type == "scalar" || type == "string") {
    answer.series.push_back({.labels = {}, .points = {PointOf(data.at("result"))}});
  } else if (type == "vector" || type == "matrix") {
    for (const Json& series : data.at("result")) answer.series.push_back(SeriesOf(series, answer.is_range));
  } else {
    throw std::invalid_argument("another type");
  }
  answer.warnings = envelope.value("warnings", answer.warnings);
  answer.infos = envelope.value("infos", answer.infos);
  return answer;
}

ListingAnswer ListingOf(const Json& envelope) {
  ListingAnswer answer;
  for (const Json& entry : envelope.at("data")) {
    if (entry.is_string()) {
      answer.texts.push_back(entry);
    } else {
      answer.series.push_back(entry);
    }
  }
  answer.warnings = envelope.value("warnings", answer.warnings);
  answer.infos = envelope.value("infos", answer.infos);
  return answer;
}

template <class T, class Read>
absl::StatusOr<T> Parse(absl::string_view body, Read read) {
  try {
    const Json envelope = Json::parse(body.begin(), body.end());
    if (envelope.at("status") == "error") return RefusalOf(envelope);
    return read(envelope);
  } catch (const std::exception&) {  // not JSON, or of another shape
    return absl::InternalError("the answer is not one of Prometheus's HTTP API");
  }
}

}  // namespace

double QueryAnswer::Point::Number() const {
  double number = 0;
  return absl::SimpleAtod(value, &number) ? number : std::numeric_limits<double>::quiet_NaN();
}

size_t QueryAnswer::PointCount() const {
  size_t count = 0;
  for (const Series& one : series) count += one.points.size();
  return count;
}

std::string PercentileText(absl::string_view quantile) {
  double value = 0;
  if (!absl::SimpleAtod(quantile, &value)) return std::string(quantile);
  return absl::StrFormat("p%.12g", value * 100);
}

std::string SeriesText(const std::map<std::string, std::string>& labels) {
  std::vector<std::string> words;
  const auto name = labels.find(std::string(kNameLabel));
  if (name != labels.end()) words.push_back(Printable(name->second));
  for (const auto& [label, value] : labels) {
    if (label != kNameLabel && label != kQuantileLabel) words.push_back(Printable(absl::StrCat(label, "=", value)));
  }
  const auto quantile = labels.find(std::string(kQuantileLabel));
  if (quantile != labels.end()) words.push_back(Printable(PercentileText(quantile->second)));
  return absl::StrJoin(words, " ");
}

absl::StatusOr<QueryAnswer> ParseQueryAnswer(absl::string_view body) { return Parse<QueryAnswer>(body, AnswerOf); }

absl::StatusOr<ListingAnswer> ParseListingAnswer(absl::string_view body) {
  return Parse<ListingAnswer>(body, ListingOf);
}

}  // namespace tributary
