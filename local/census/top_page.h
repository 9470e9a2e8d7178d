#pragma once

#include <cstddef>
#include <string>

#include "common/net/http_server.h"
#include "local/census/census.h"

namespace tributary {

// GET /api/v1/top?limit=20: what `tributary top` shows of the last whole interval. limit is 1 to Ranking::kMaxRanked.
// `census` outlives the server's threads. Before server.Start().
void AddTopPage(HttpServer& server, const Census& census);

// The page. Text of clients is Printable.
std::string TopJson(const Census::Report& report, size_t limit);

}  // namespace tributary
