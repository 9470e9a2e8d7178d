#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/common/net/http_server_harness.h"

namespace tributary {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What is wrong, too large, too slow or too many.

struct Refusal {
  const char* request;
  const char* status;
};

TEST(HttpServerLimitsTest, WrongRequestsAreRefusedClearly) {
  const auto server = Serve();
  const Refusal refusals[] = {
      {"GET /missing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 "},
      {"DELETE /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 405 "},
      {"GET /echo/%zz HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /echo/?a=%4 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /hello\r\n\r\n", "HTTP/1.1 400 "},
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
      {"GET /hello HTTP/1.1\r\nbad header\r\n\r\n", "HTTP/1.1 400 "},
      {"POST /echo/ HTTP/1.1\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 400 "},
      {"POST /echo/ HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 413 "},
  };
  for (const Refusal& r : refusals) EXPECT_THAT(Exchange(*server, r.request), StartsWith(r.status)) << r.request;
  EXPECT_EQ(server->stats().requests_refused, std::size(refusals));
  EXPECT_THAT(Exchange(*server, "DELETE /hello HTTP/1.1\r\n\r\n"), HasSubstr("Allow: GET\r\n"));
}

TEST(HttpServerLimitsTest, LargeHeadersAreRefused) {
  const auto server = Serve();
  const std::string header(17 << 10, 'a');
  EXPECT_THAT(Exchange(*server, absl::StrCat("GET /hello HTTP/1.1\r\nX: ", header, "\r\n\r\n")),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Exchange(*server, absl::StrCat("GET /", header, " HTTP/1.1\r\n\r\n")), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServerLimitsTest, LargeBodiesAreRefused) {
  const auto server = Serve({.max_body_bytes = 1000});
  const std::string most(1000, 'a'), more(1001, 'a');
  const auto post = [&](const std::string& body) {
    return Exchange(*server, absl::StrCat("POST /echo/ HTTP/1.1\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  };
  EXPECT_THAT(post(most), EndsWith("POST /echo/ {} 1000"));
  EXPECT_THAT(post(more), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerLimitsTest, LargeBodiesInChunksAreRefused) {
  const auto server = Serve({.max_body_bytes = 1000});
  std::string request = "POST /echo/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) absl::StrAppend(&request, "64\r\n", std::string(100, 'a'), "\r\n");
  EXPECT_THAT(Exchange(*server, absl::StrCat(request, "0\r\n\r\n")), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerLimitsTest, TheRefusalReachesAClientThatIsStillSending) {
  const auto server = Serve();
  RawClient client(server->port());
  client.Send("POST /echo/ HTTP/1.1\r\nContent-Length: 4194304\r\n\r\n");
  client.Send(std::string(4 << 20, 'a'));
  EXPECT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerLimitsTest, SlowRequestsAreCut) {
  const auto server = Serve({.request_timeout = absl::Milliseconds(50)});
  for (const char* start : {"G", "GET /hello HTTP/1.1\r\nX: ", "POST /echo/ HTTP/1.1\r\nContent-Length: 9\r\n\r\na"}) {
    RawClient client(server->port());
    client.Send(start);
    bool closed = false;
    EXPECT_EQ(client.ReadAll(&closed), "");
    EXPECT_TRUE(closed);
  }
  while (server->stats().timeouts < 3) std::this_thread::yield();  // counted a moment after the socket closes
}

TEST(HttpServerLimitsTest, IdleConnectionsAreClosed) {
  const auto server = Serve({.idle_timeout = absl::Milliseconds(50)});
  RawClient fresh(server->port()), used(server->port());
  used.Send(kHello);
  EXPECT_THAT(used.ReadAll(), EndsWith("hello\n"));
  EXPECT_EQ(fresh.ReadAll(), "");
}

TEST(HttpServerLimitsTest, TooManyConnectionsAreTold) {
  Gate gate;
  HttpServer server({.max_connections = 1});
  server.Handle("GET", "/slow", gate.Handler());
  ASSERT_TRUE(server.Start().ok());
  RawClient busy(server.port());
  busy.Send("GET /slow HTTP/1.1\r\n\r\n");
  gate.AwaitEntry();
  EXPECT_THAT(Exchange(server, kHello), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server.stats().connections_refused, 1u);
  gate.Open();
  EXPECT_THAT(busy.ReadResponse(), EndsWith("late\n"));
  EXPECT_EQ(server.stats().connections_evicted, 0u);
}

// Half of them idle after a request, half in the middle of one that never ends.
TEST(HttpServerLimitsTest, ClientsThatKeepUsWaitingShutNobodyOut) {
  constexpr size_t kConnections = 8;
  const auto server = Serve({.max_connections = kConnections});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->Send(kHello);
    EXPECT_THAT(clients.back()->ReadResponse(), StartsWith("HTTP/1.1 200"));
    if (i % 2 == 1) clients.back()->Send("GET /hello HTTP/1.1\r\nX: ");
  }
  for (int i = 0; i < 20; ++i) EXPECT_THAT(Exchange(*server, kHello), StartsWith("HTTP/1.1 200 ")) << i;
  EXPECT_EQ(server->stats().connections_refused, 0u);
  EXPECT_GE(server->stats().connections_evicted, 1u);
  bool closed = false;
  clients.front()->ReadAll(&closed);  // the one that was idle for the longest time
  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace tributary
