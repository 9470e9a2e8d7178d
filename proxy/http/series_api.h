#pragma once

#include "common/net/http_server.h"
#include "proxy/query/query_runner.h"

namespace tributary {

// What there is to ask for, as Prometheus's API tells it, before server.Start():
//   GET, POST /api/v1/labels, /api/v1/series    match[] (series: required), start, end, limit
//   GET       /api/v1/label/NAME/values         match[], start, end, limit; NAME may be escaped as U__...
//   GET       /api/v1/metadata                  metric, limit
//   GET       /api/v1/status/tsdb               limit: the metrics, tags and values with most series
//   GET, POST /api/v1/query_exemplars, and GET /api/v1/rules, /api/v1/alerts: empty, for there are none here
// Without start, the last hour counts. `queries` outlives the server.
void RegisterSeriesApi(HttpServer& server, QueryRunner& queries);

// "U__api_2e_latency" -> "api.latency"; other names as they are.
// Source: Prometheus, UTF-8 escaping of names ("values encoding").
std::string UnescapedLabelName(absl::string_view name);

}  // namespace tributary
