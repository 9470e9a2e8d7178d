#include "common/sink/json_row.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/sink/labels.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

// What a type's kValue is called.
const char* ValueKey(MetricType type) {
  switch (type) {
    case MetricType::kGauge:
      return "last";
    case MetricType::kSet:
      return "estimate";
    case MetricType::kCheck:
      return "status";
    default:
      return "value";
  }
}

Json TagMap(const std::vector<std::string>& tags) {
  Json map = Json::object();
  for (const auto& [key, value] : JoinedTags(tags)) map[key] = value;
  return map;
}

void AddStatistics(const Row& row, const StatisticOptions& options, Json& json) {
  for (const StatisticValue& told : StatisticsOf(row, options)) {
    switch (told.statistic) {
      case Statistic::kValue:
        json[ValueKey(row.key->type)] = told.value;
        break;
      case Statistic::kQuantile:
        json["percentiles"][PercentileName(told.quantile)] = told.value;
        break;
      default:
        json[std::string(StatisticName(told.statistic))] = told.value;
    }
  }
  if (const auto* check = std::get_if<CheckAggregate>(&row.value)) {
    json["status"] = check->status;
    json["message"] = check->message;
  }
}

void AddTotal(const Row& row, const IntervalScale& scale, Json& json) {
  if (!row.total) return;
  Json& total = json["total"];
  total["count"] = row.total->count.ToDouble();
  if (IsDistribution(row.key->type)) total["sum"] = row.total->sum.ToDouble();
  total["since_unix_ms"] = absl::ToUnixMillis(scale.Start(row.total->since));
}

}  // namespace

std::string JsonRow(const Row& row, const IntervalScale& scale, const StatisticOptions& options) {
  Json json;
  json["name"] = row.key->name;
  json["type"] = std::string(MetricTypeName(row.key->type));
  json["tags"] = TagMap(row.key->tags);
  json["tag_list"] = row.key->tags;
  json["start_unix_ms"] = absl::ToUnixMillis(scale.Start(row.interval));
  json["end_unix_ms"] = absl::ToUnixMillis(scale.End(row.interval));
  json["version"] = row.version;
  json["partial"] = IsToldAsPartial(row, options);
  json["late"] = row.late;
  json["coverage"] = row.coverage;
  json["contributors"] = row.contributors;
  AddStatistics(row, options, json);
  AddTotal(row, scale, json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string JsonEvent(const Event& event) {
  Json json;
  json["type"] = "event";
  json["title"] = event.title;
  json["text"] = event.text;
  json["tags"] = TagMap(event.tags);
  json["tag_list"] = event.tags;
  json["unix_ms"] = event.unix_ns / 1'000'000;
  json["host"] = event.host;
  json["aggregation_key"] = event.aggregation_key;
  json["priority"] = event.priority;
  json["alert_type"] = event.alert_type;
  json["source_type"] = event.source_type;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tributary
