#pragma once

#include "common/net/http_server.h"
#include "local/tap/tap_hub.h"

namespace tributary {

// GET /api/v1/tap?match=api.*{region:eu}&rate=100&rejected=also|only|no opens a tap, ?id=… polls it; both answer
//   {"id":"…","skipped":12,"records":[{"time":1780000000.123,"line":"api.latency:12|ms","client":"10.1.2.3",
//    "rejected":"bad_value"}]}
// in which `rejected` is left out of lines that were taken. Errors: {"error":"…"} with 400, 404 (ended) or 503 (too
// many are open). Before server.Start(); `taps` outlives the server's threads.
void AddTapPage(HttpServer& server, TapHub& taps);

}  // namespace tributary
