#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "common/net/http_message.h"

namespace tributary {

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// Which handler answers which method and path. A path that ends in '*' stands for everything that starts with what is
// before it; an exact path wins over such, and the longest of those over the others. Thread-compatible.
class HttpRoutes {
 public:
  struct Match {
    const HttpHandler* handler = nullptr;  // null: nobody answers
    std::string allowed_methods = {};      // then: what the path does take, "GET, POST"; empty for an unknown path
  };

  void Add(absl::string_view method, absl::string_view path, HttpHandler handler);
  Match Find(absl::string_view method, absl::string_view path) const;

 private:
  using ByMethod = std::map<std::string, HttpHandler, std::less<>>;

  const ByMethod* FindPath(absl::string_view path) const;

  std::map<std::string, ByMethod, std::less<>> exact_;
  std::map<std::string, ByMethod, std::less<>> prefixes_;  // without the '*'
};

}  // namespace tributary
