#include "common/net/http_routes.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

HttpHandler Named(const std::string& name) {
  return [name](const HttpRequest&) { return HttpResponse::Text(200, name); };
}

HttpRoutes SomeRoutes() {
  HttpRoutes routes;
  routes.Add("GET", "/", Named("root"));
  routes.Add("GET", "/api/*", Named("api"));
  routes.Add("GET", "/api/v1/label/*", Named("label"));
  routes.Add("GET", "/api/v1/query", Named("get query"));
  routes.Add("POST", "/api/v1/query", Named("post query"));
  return routes;
}

std::string HandlerOf(absl::string_view method, absl::string_view path) {
  const HttpRoutes routes = SomeRoutes();
  const HttpRoutes::Match match = routes.Find(method, path);
  return match.handler == nullptr ? "none" : (*match.handler)({}).body;
}

TEST(HttpRoutesTest, ExactPathsWinThenTheLongestPrefix) {
  EXPECT_EQ(HandlerOf("GET", "/"), "root");
  EXPECT_EQ(HandlerOf("GET", "/api/v1/query"), "get query");
  EXPECT_EQ(HandlerOf("POST", "/api/v1/query"), "post query");
  EXPECT_EQ(HandlerOf("GET", "/api/v1/query/"), "api");
  EXPECT_EQ(HandlerOf("GET", "/api/v1/label/job/values"), "label");
  EXPECT_EQ(HandlerOf("GET", "/api/v1/label"), "api");
  EXPECT_EQ(HandlerOf("GET", "/api/"), "api");
}

TEST(HttpRoutesTest, UnknownPathsHaveNoHandlerAndNoMethods) {
  for (const char* path : {"", "/x", "/api", "api/"}) {
    EXPECT_EQ(SomeRoutes().Find("GET", path).handler, nullptr) << path;
    EXPECT_EQ(SomeRoutes().Find("GET", path).allowed_methods, "") << path;
  }
}

TEST(HttpRoutesTest, WrongMethodsAreToldTheRightOnes) {
  EXPECT_EQ(SomeRoutes().Find("DELETE", "/api/v1/query").handler, nullptr);
  EXPECT_EQ(SomeRoutes().Find("DELETE", "/api/v1/query").allowed_methods, "GET, POST");
}

}  // namespace
}  // namespace tributary
