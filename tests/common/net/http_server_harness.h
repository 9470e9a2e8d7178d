#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/net/http_server.h"
#include "tests/common/net/raw_client.h"

namespace tributary {

inline constexpr char kHello[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

inline std::string Describe(const HttpRequest& request) {
  const auto pair = [](std::string* out, const auto& p) { absl::StrAppend(out, p.first, "=", p.second); };
  return absl::StrCat(request.method, " ", request.path, " {", absl::StrJoin(request.parameters, ",", pair), "} ",
                      request.body.size());
}

// A server with a few pages, started.
inline std::unique_ptr<HttpServer> Serve(HttpServer::Options options = {}) {
  auto server = std::make_unique<HttpServer>(options);
  server->Handle("GET", "/hello", [](const HttpRequest&) { return HttpResponse::Text(200, "hello\n"); });
  server->Handle("GET", "/echo/*",
                 [](const HttpRequest& request) { return HttpResponse::Text(200, Describe(request)); });
  server->Handle("POST", "/echo/*",
                 [](const HttpRequest& request) { return HttpResponse::Text(200, Describe(request)); });
  server->Handle("GET", "/peer", [](const HttpRequest& request) {
    return HttpResponse::Text(200, absl::StrCat(request.peer, request.peer_is_loopback ? " loopback" : ""));
  });
  server->Handle("GET", "/throw", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("no"); });
  const absl::Status started = server->Start();
  EXPECT_TRUE(started.ok()) << started;
  return server;
}

// Sends `request` on a connection of its own and returns what comes until the server closes.
inline std::string Exchange(const HttpServer& server, absl::string_view request) {
  RawClient client(server.port());
  client.Send(request);
  client.FinishSending();
  return client.ReadAll();
}

// A handler that waits until the gate opens.
class Gate {
 public:
  HttpServer::Handler Handler() {
    return [this](const HttpRequest&) {
      entered_.set_value();
      opened_.wait();
      return HttpResponse::Text(200, "late\n");
    };
  }
  void AwaitEntry() { entered_.get_future().wait(); }
  void Open() { open_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> open_;
  std::shared_future<void> opened_ = open_.get_future().share();
};

}  // namespace tributary
