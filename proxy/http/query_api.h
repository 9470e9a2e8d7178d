#pragma once

#include "common/net/http_server.h"
#include "proxy/query/engine.h"

namespace tributary {

// Prometheus's HTTP API over the fleet's sketches (docs/query.md), before server.Start():
//   GET, POST /api/v1/query                query, time, timeout
//   GET       /api/v1/status/buildinfo
//   GET       /-/healthy, /-/ready
// Anything else under /api/ is a 404 in Prometheus's envelope. `engine` outlives the server.
void RegisterQueryApi(HttpServer& server, QueryEngine& engine);

}  // namespace tributary
