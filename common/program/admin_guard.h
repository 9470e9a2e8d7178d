#pragma once

#include "common/net/http_routes.h"

namespace tributary {

// Whether a program on this machine asks, for itself.
bool IsFromThisMachine(const HttpRequest& request);

// `action`, for requests that come from a program on this machine; others are told 403. A browser's page or a proxy
// that passes on the request of someone else is not such a program, although its address is: their headers tell.
// With `remote`, for everybody.
HttpHandler GuardAdmin(bool remote, HttpHandler action);

}  // namespace tributary
