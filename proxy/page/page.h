#pragma once

#include "common/net/http_server.h"

namespace tributary {

// Serves the web page: `/` and what it loads below `/page/`. Nothing in it is secret; what it asks the API is.
//
// Security: a policy that allows this origin's scripts, styles and answers, and nothing else; no frames.
// Caching:  by digest: browsers ask each time and are told that nothing has changed.
void RegisterPage(HttpServer& server);

}  // namespace tributary
