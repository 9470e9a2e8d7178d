#include "local/census/top_page.h"

#include <algorithm>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/printable.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kDefaultLimit = 20;

// The first `limit` of `items`, each as `to_json` has it.
template <class Items, class ToJson>
Json List(const Items& items, size_t limit, const ToJson& to_json) {
  Json list = Json::array();
  for (size_t i = 0; i < std::min(limit, items.size()); ++i) list.push_back(to_json(items[i]));
  return list;
}

std::string Text(absl::string_view text) { return std::string(text); }

// "api.latency{region:eu}", "hits".
std::string TextOf(const SeriesKey& key) {
  return Printable(key.tags.empty() ? key.name : absl::StrCat(key.name, "{", absl::StrJoin(key.tags, ","), "}"));
}

Json ToJson(const IntervalActivity::ActiveSeries& active) {
  const SeriesKey& key = active.series->key;
  return {{"series", TextOf(key)},
          {"type", Text(MetricTypeName(key.type))},
          {"scope", Text(ScopeName(active.series->scope))},
          {"samples", active.samples}};
}

Json ToJson(const Client& client, const Census::Report& report) {
  return {{"client", Printable(report.NameOf(client.peer))},
          {"samples", client.samples},
          {"samples_dropped", client.samples_dropped},
          {"lines", client.lines},
          {"lines_rejected", client.lines_rejected},
          {"datagrams", client.packets},
          {"bytes", client.bytes},
          {"series", client.series},
          {"series_folded", client.series_folded}};
}

Json ToJson(const Fold& fold, const Census::Report& report) {
  return {{"metric", Printable(fold.metric)},
          {"client", Printable(report.NameOf(fold.client))},
          {"reason", Text(FoldReasonName(fold.reason))},
          {"samples", fold.samples}};
}

Json ToJson(const Census::Changes& changes, size_t limit, const char* what) {
  return List(changes, limit, [what](const auto& change) -> Json {
    return {{"reason", Printable(change.first)}, {what, change.second}};
  });
}

HttpResponse Answer(const Census& census, const HttpRequest& request) {
  size_t limit = kDefaultLimit;
  const std::optional<absl::string_view> asked = request.Parameter("limit");
  if (asked.has_value() && (!absl::SimpleAtoi(*asked, &limit) || limit == 0 || limit > Ranking::kMaxRanked)) {
    return HttpResponse::Text(400, absl::StrCat("limit must be 1 to ", Ranking::kMaxRanked, "\n"));
  }
  return HttpResponse::Json(200, TopJson(*census.Latest(), limit));
}

}  // namespace

std::string TopJson(const Census::Report& report, size_t limit) {
  const double seconds = absl::ToDoubleSeconds(report.length);
  const Ranking& ranking = report.ranking();
  Json page;
  page["interval_seconds"] = seconds;
  page["interval_end"] =
      report.interval == 0 ? 0 : absl::ToUnixSeconds(IntervalScale(report.length).End(report.interval));
  page["samples_per_second"] = seconds > 0 ? static_cast<double>(report.samples) / seconds : 0;
  page["series"] = report.series;
  page["series_limit"] = report.series_limit;
  page["busiest"] = List(ranking.busiest, limit, [](const auto& active) { return ToJson(active); });
  page["metrics"] = List(ranking.metrics, limit, [](const Ranking::Metric& metric) -> Json {
    return {{"name", Printable(metric.name)}, {"series", metric.series}, {"samples", metric.samples}};
  });
  page["tags"] = List(ranking.tags, limit, [](const Ranking::Tag& tag) -> Json {
    return {{"key", Printable(tag.key)}, {"values", tag.values}, {"series", tag.series}};
  });
  page["clients"] = List(ranking.clients, limit, [&report](const Client& client) { return ToJson(client, report); });
  page["folded"] = List(ranking.folds, limit, [&report](const Fold& fold) { return ToJson(fold, report); });
  page["dropped"] = ToJson(report.dropped, limit, "samples");
  page["rejected"] = ToJson(report.rejected, limit, "lines");
  page["kernel_drops"] = report.kernel_drops;
  return page.dump();
}

void AddTopPage(HttpServer& server, const Census& census) {
  server.Handle("GET", "/api/v1/top", [&census](const HttpRequest& request) { return Answer(census, request); });
}

}  // namespace tributary
