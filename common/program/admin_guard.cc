#include "common/program/admin_guard.h"

#include <utility>

namespace tributary {
namespace {

bool IsOnBehalfOfOthers(const HttpRequest& request) {
  for (const absl::string_view header : {"origin", "forwarded", "x-forwarded-for"}) {
    if (!request.Header(header).empty()) return true;
  }
  return false;
}

}  // namespace

bool IsFromThisMachine(const HttpRequest& request) { return request.peer_is_loopback && !IsOnBehalfOfOthers(request); }

HttpHandler GuardAdmin(bool remote, HttpHandler action) {
  return [remote, action = std::move(action)](const HttpRequest& request) {
    if (remote || IsFromThisMachine(request)) return action(request);
    return HttpResponse::Text(403, "only from this machine, unless `http.admin: any` is configured\n");
  };
}

}  // namespace tributary
