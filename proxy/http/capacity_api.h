#pragma once

#include "common/net/http_server.h"
#include "common/telemetry/telemetry.h"
#include "proxy/capacity/capacity.h"

namespace tributary {

// Answers about capacity (docs/capacity.md has parameters and shapes), before server.Start():
//   GET, POST /api/v1/capacity/headroom, /forecast, /launch
//   GET       /api/v1/capacity/calibrate      what is marked
//   POST      /api/v1/capacity/calibrate      marks, or with remove=true forgets; from this machine only, unless
//                                             `remote_admin`
// Counts tributary_proxy_capacity_questions_total by result. `capacity` and `telemetry` outlive the server.
void RegisterCapacityApi(HttpServer& server, Capacity& capacity, bool remote_admin, Telemetry& telemetry);

}  // namespace tributary
