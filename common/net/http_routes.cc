#include "common/net/http_routes.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace tributary {

void HttpRoutes::Add(absl::string_view method, absl::string_view path, HttpHandler handler) {
  auto& paths = absl::ConsumeSuffix(&path, "*") ? prefixes_ : exact_;
  paths[std::string(path)][std::string(method)] = std::move(handler);
}

HttpRoutes::Match HttpRoutes::Find(absl::string_view method, absl::string_view path) const {
  const ByMethod* methods = FindPath(path);
  if (methods == nullptr) return {};
  const auto found = methods->find(method);
  if (found != methods->end()) return {.handler = &found->second};
  return {.allowed_methods =
              absl::StrJoin(*methods, ", ", [](std::string* out, const auto& m) { out->append(m.first); })};
}

const HttpRoutes::ByMethod* HttpRoutes::FindPath(absl::string_view path) const {
  const auto exact = exact_.find(path);
  if (exact != exact_.end()) return &exact->second;
  const ByMethod* longest = nullptr;
  for (const auto& [prefix, methods] : prefixes_) {  // in rising order: of those that fit, the last is the longest
    if (absl::StartsWith(path, prefix)) longest = &methods;
  }
  return longest;
}

}  // namespace tributary
