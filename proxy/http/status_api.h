#pragma once

#include "common/net/http_message.h"
#include "common/net/http_server.h"
#include "proxy/query/cluster_status.h"

namespace tributary {

// {"status":"success","data":{...}}; docs/query.md has the schema. Text that is not UTF-8 is shown with U+FFFD.
HttpResponse ClusterStatusResponse(const ClusterStatus& status, const ClusterInspection::Options& options);

// GET /api/v1/status/cluster, before server.Start(). `inspection` outlives the server.
void RegisterStatusApi(HttpServer& server, ClusterInspection& inspection);

}  // namespace tributary
