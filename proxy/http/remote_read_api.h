#pragma once

#include "common/net/http_server.h"
#include "proxy/query/query_runner.h"

namespace tributary {

// POST /api/v1/read, before server.Start(): Prometheus's remote read, answered by samples. A ReadRequest comes and a
// ReadResponse goes, both as protobuf compressed by snappy. The parameter `partial` is `refuse` (default) or `allow`:
// whether to answer when a global does not.
// Errors are text on one line, which is what Prometheus shows of them. `queries` outlives the server.
void RegisterRemoteReadApi(HttpServer& server, QueryRunner& queries);

}  // namespace tributary
