#include "proxy/http/series_api.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/status.h"
#include "proxy/http/envelope.h"
#include "proxy/http/parameters.h"
#include "proxy/promql/parser.h"

namespace tributary {
namespace {

constexpr absl::string_view kLabelPath = "/api/v1/label/";
constexpr absl::string_view kValues = "/values";
constexpr uint32_t kMaxLimit = 100'000;
constexpr size_t kShownInStatistics = 10;

absl::StatusOr<uint32_t> LimitOf(const HttpRequest& request, uint32_t otherwise) {
  const std::optional<absl::string_view> text = request.Parameter("limit");
  if (!text || text->empty()) return otherwise;
  uint32_t limit = 0;
  if (!absl::SimpleAtoi(*text, &limit)) {
    return absl::InvalidArgumentError("the parameter \"limit\" is a whole number, 0 for as many as there are");
  }
  return limit == 0 ? otherwise : std::min(limit, kMaxLimit);
}

absl::StatusOr<v1::LabelsRequest> RequestOf(v1::LabelsRequest::Kind kind, const QueryRunner& queries,
                                            const HttpRequest& http) {
  v1::LabelsRequest request;
  request.set_kind(kind);
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Time> start, TimeParameter(http, "start"));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::optional<absl::Time> end, TimeParameter(http, "end"));
  const absl::Time to = end.value_or(queries.Now());
  request.set_to_unix_ms(absl::ToUnixMillis(to));
  request.set_from_unix_ms(absl::ToUnixMillis(start.value_or(to - absl::Hours(1))));
  TRIBUTARY_ASSIGN_OR_RETURN(const uint32_t limit, LimitOf(http, 0));
  request.set_limit(limit);
  for (const absl::string_view selector : http.Parameters("match[]")) {
    TRIBUTARY_ASSIGN_OR_RETURN(const std::vector<promql::LabelMatcher> matchers, promql::ParseSelector(selector));
    v1::MatcherSet& set = *request.add_any_of();
    for (const promql::LabelMatcher& matcher : matchers) *set.add_matchers() = MatcherOf(matcher);
  }
  return request;
}

absl::StatusOr<HttpResponse> Texts(QueryRunner& queries, absl::StatusOr<v1::LabelsRequest> request) {
  if (!request.ok()) return request.status();
  TRIBUTARY_ASSIGN_OR_RETURN(const Listing listing, queries.List(*request));
  return DataResponse(TextsJson(listing.texts), listing.warnings);
}

absl::StatusOr<HttpResponse> LabelValues(QueryRunner& queries, const HttpRequest& http) {
  absl::string_view name = http.path;
  if (!absl::ConsumePrefix(&name, kLabelPath) || !absl::ConsumeSuffix(&name, kValues) || name.empty()) {
    return absl::NotFoundError(absl::StrCat(http.path, " is not served; docs/query.md lists what is"));
  }
  auto request = RequestOf(v1::LabelsRequest::KIND_VALUES, queries, http);
  if (request.ok()) request->set_label(UnescapedLabelName(name));
  return Texts(queries, std::move(request));
}

absl::StatusOr<HttpResponse> Series(QueryRunner& queries, const HttpRequest& http) {
  if (http.Parameters("match[]").empty()) return absl::InvalidArgumentError("no match[] parameter provided");
  TRIBUTARY_ASSIGN_OR_RETURN(const v1::LabelsRequest request, RequestOf(v1::LabelsRequest::KIND_SERIES, queries, http));
  TRIBUTARY_ASSIGN_OR_RETURN(const Listing listing, queries.List(request));
  const std::string data = absl::StrJoin(
      listing.series, ",", [](std::string* out, const auto& series) { out->append(LabelsJson(series.first)); });
  return DataResponse(absl::StrCat("[", data, "]"), listing.warnings);
}

const char* PrometheusType(MetricType type) {
  if (IsDistribution(type)) return "histogram";
  return type == MetricType::kCounter ? "counter" : "gauge";
}

absl::StatusOr<HttpResponse> Metadata(QueryRunner& queries, const HttpRequest& http) {
  HttpRequest all = http;
  all.parameters.clear();
  TRIBUTARY_ASSIGN_OR_RETURN(v1::LabelsRequest request, RequestOf(v1::LabelsRequest::KIND_SERIES, queries, all));
  if (const auto metric = http.Parameter("metric"); metric && !metric->empty()) {
    *request.add_any_of()->add_matchers() = MatcherOf({.label = "__name__", .value = std::string(*metric)});
  }
  TRIBUTARY_ASSIGN_OR_RETURN(const uint32_t limit, LimitOf(http, kMaxLimit));
  TRIBUTARY_ASSIGN_OR_RETURN(const Listing listing, queries.List(request));
  std::map<std::string, std::set<std::string>> types;
  for (const auto& [labels, type] : listing.series) {
    types[std::string(promql::LabelValue(labels, "__name__"))].insert(PrometheusType(type));
  }
  std::vector<std::string> entries;
  for (const auto& [name, of_name] : types) {
    if (entries.size() == limit) break;
    const std::string list = absl::StrJoin(of_name, ",", [](std::string* out, const std::string& type) {
      absl::StrAppend(out, "{\"type\":\"", type, "\",\"help\":\"\",\"unit\":\"\"}");
    });
    entries.push_back(absl::StrCat(JsonText(name), ":[", list, "]"));
  }
  return DataResponse(absl::StrCat("{", absl::StrJoin(entries, ","), "}"), listing.warnings);
}

// The largest first, equal ones by name.
std::string CountsJson(const std::map<std::string, uint64_t>& counts, size_t limit) {
  std::vector<std::pair<std::string, uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  sorted.resize(std::min(sorted.size(), limit));
  return absl::StrCat("[",
                      absl::StrJoin(sorted, ",",
                                    [](std::string* out, const auto& entry) {
                                      absl::StrAppend(out, "{\"name\":", JsonText(entry.first),
                                                      ",\"value\":", entry.second, "}");
                                    }),
                      "]");
}

absl::StatusOr<HttpResponse> Statistics(QueryRunner& queries, const HttpRequest& http) {
  HttpRequest all = http;
  all.parameters.clear();
  TRIBUTARY_ASSIGN_OR_RETURN(const v1::LabelsRequest request, RequestOf(v1::LabelsRequest::KIND_SERIES, queries, all));
  TRIBUTARY_ASSIGN_OR_RETURN(const uint32_t limit, LimitOf(http, kShownInStatistics));
  TRIBUTARY_ASSIGN_OR_RETURN(const Listing listing, queries.List(request));
  std::map<std::string, uint64_t> by_name;
  std::map<std::string, uint64_t> by_pair;
  std::map<std::string, std::set<std::string>> values;
  for (const auto& [labels, type] : listing.series) {
    for (const auto& [name, value] : labels) {
      if (name == "__name__") ++by_name[value];
      ++by_pair[absl::StrCat(name, "=", value)];
      values[name].insert(value);
    }
  }
  std::map<std::string, uint64_t> by_label;
  std::map<std::string, uint64_t> bytes;
  for (const auto& [name, of_name] : values) {
    by_label[name] = of_name.size();
    for (const std::string& value : of_name) bytes[name] += name.size() + value.size();
  }
  return DataResponse(
      absl::StrCat("{\"headStats\":{\"numSeries\":", listing.series.size(), ",\"numLabelPairs\":", by_pair.size(),
                   ",\"chunkCount\":0,\"minTime\":", request.from_unix_ms(), ",\"maxTime\":", request.to_unix_ms(),
                   "},\"seriesCountByMetricName\":", CountsJson(by_name, limit), ",\"labelValueCountByLabelName\":",
                   CountsJson(by_label, limit), ",\"memoryInBytesByLabelName\":", CountsJson(bytes, limit),
                   ",\"seriesCountByLabelValuePair\":", CountsJson(by_pair, limit), "}"),
      listing.warnings);
}

using Answer = absl::StatusOr<HttpResponse> (*)(QueryRunner&, const HttpRequest&);

void Serve(HttpServer& server, QueryRunner& queries, const std::vector<const char*>& methods, absl::string_view path,
           Answer answer) {
  for (const char* method : methods) {
    server.Handle(method, path, [&queries, answer](const HttpRequest& request) {
      const absl::StatusOr<HttpResponse> response = answer(queries, request);
      return response.ok() ? *response : ErrorResponse(response.status());
    });
  }
}

}  // namespace

std::string UnescapedLabelName(absl::string_view name) {
  absl::string_view rest = name;
  if (!absl::ConsumePrefix(&rest, "U__")) return std::string(name);
  std::string out;
  while (!rest.empty()) {
    if (rest.front() != '_') {
      out.push_back(rest.front());
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(1);
    const size_t end = rest.find('_');
    if (absl::StartsWith(rest, "_")) {  // "__" is "_"
      out.push_back('_');
    } else {
      uint32_t code = 0;
      if (end == absl::string_view::npos || end > 6 || !absl::SimpleHexAtoi(rest.substr(0, end), &code) ||
          code > 0x7f) {
        return std::string(name);  // not ours to understand: a tag's key has no such bytes
      }
      out.push_back(static_cast<char>(code));
    }
    rest.remove_prefix(absl::StartsWith(rest, "_") ? 1 : end + 1);
  }
  return out;
}

void RegisterSeriesApi(HttpServer& server, QueryRunner& queries) {
  const auto labels = [](QueryRunner& runner, const HttpRequest& request) {
    return Texts(runner, RequestOf(v1::LabelsRequest::KIND_NAMES, runner, request));
  };
  const auto nothing = [](QueryRunner&, const HttpRequest&) -> absl::StatusOr<HttpResponse> {
    return DataResponse("[]");
  };
  Serve(server, queries, {"GET", "POST"}, "/api/v1/labels", labels);
  Serve(server, queries, {"GET", "POST"}, "/api/v1/series", Series);
  Serve(server, queries, {"GET"}, "/api/v1/label/*", LabelValues);
  Serve(server, queries, {"GET"}, "/api/v1/metadata", Metadata);
  Serve(server, queries, {"GET"}, "/api/v1/status/tsdb", Statistics);
  Serve(server, queries, {"GET", "POST"}, "/api/v1/query_exemplars", nothing);
  Serve(
      server, queries, {"GET"}, "/api/v1/rules",
      [](QueryRunner&, const HttpRequest&) -> absl::StatusOr<HttpResponse> { return DataResponse("{\"groups\":[]}"); });
  Serve(
      server, queries, {"GET"}, "/api/v1/alerts",
      [](QueryRunner&, const HttpRequest&) -> absl::StatusOr<HttpResponse> { return DataResponse("{\"alerts\":[]}"); });
}

}  // namespace tributary
