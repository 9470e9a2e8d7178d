#pragma once

#include "common/net/http_server.h"
#include "proxy/query/query_runner.h"

namespace tributary {

// Prometheus's HTTP API over the fleet's sketches (docs/query.md), before server.Start():
//   GET, POST /api/v1/query                query, time, timeout
//   GET, POST /api/v1/query_range          query, start, end, step, timeout
//   GET       /api/v1/status/buildinfo
//   GET       /-/healthy, /-/ready
// Anything else under /api/ is a 404 in Prometheus's envelope. `queries` outlives the server.
void RegisterQueryApi(HttpServer& server, QueryRunner& queries);

}  // namespace tributary
