#pragma once

#include "common/net/http_message.h"
#include "common/net/http_server.h"
#include "proxy/query/cluster_audit.h"
#include "proxy/query/cluster_status.h"

namespace tributary {

// {"status":"success","data":{...}}; docs/query.md has the schema.
HttpResponse ClusterAuditResponse(const ClusterStatus& status, const ClusterInspection::Options& options);

// GET /api/v1/status/audit?intervals=N (1 to 60, default 12), before server.Start(). `inspection` outlives the server.
void RegisterAuditApi(HttpServer& server, ClusterInspection& inspection);

}  // namespace tributary
