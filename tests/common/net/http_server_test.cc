#include "common/net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/http_client.h"
#include "common/net/socket_address.h"
#include "common/net/tcp_listener.h"
#include "tests/common/net/http_server_harness.h"
#include "tests/common/net/raw_client.h"

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// `text` of 2,000 bytes, and `packed`, which says that it is compressed already.
std::unique_ptr<HttpServer> ServeLong(HttpServer::Options options = {}) {
  auto server = std::make_unique<HttpServer>(options);
  server->Handle("GET", "/text", [](const HttpRequest&) { return HttpResponse::Text(200, std::string(2000, 'a')); });
  server->Handle("GET", "/short", [](const HttpRequest&) { return HttpResponse::Text(200, "short"); });
  server->Handle("GET", "/packed", [](const HttpRequest&) {
    HttpResponse response = HttpResponse::Text(200, std::string(2000, 'p'));
    response.headers = {{"Content-Encoding", "snappy"}, {"Vary", "Accept-Encoding"}};
    return response;
  });
  const absl::Status started = server->Start();
  EXPECT_TRUE(started.ok()) << started;
  return server;
}

std::string Get(absl::string_view path, absl::string_view headers) {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\n", headers, "\r\n");
}

TEST(HttpServerTest, LongBodiesAreCompressedForThoseThatTakeIt) {
  const auto server = ServeLong();
  const std::string packed = Exchange(*server, Get("/text", "Accept-Encoding: gzip\r\n"));
  EXPECT_THAT(packed, AllOf(HasSubstr("Content-Encoding: gzip\r\n"), HasSubstr("Vary: Accept-Encoding\r\n"),
                            HasSubstr("\r\n\r\n\x1f\x8b"), Not(HasSubstr("aaaaaaaaaaaaaaaaa"))));
  EXPECT_LT(packed.size(), 400u);
  EXPECT_THAT(Exchange(*server, Get("/text", "Accept-Encoding: gzip;q=0\r\n")),
              AllOf(Not(HasSubstr("Content-Encoding")), HasSubstr("Vary: Accept-Encoding\r\n"),
                    HasSubstr("Content-Length: 2000\r\n")));
  EXPECT_THAT(Exchange(*server, Get("/short", "Accept-Encoding: gzip\r\n")), EndsWith("\r\n\r\nshort"));
  EXPECT_THAT(Exchange(*server, Get("/packed", "Accept-Encoding: gzip\r\n")),
              AllOf(HasSubstr("Content-Encoding: snappy\r\n"), HasSubstr("Content-Length: 2000\r\n")));
}

TEST(HttpServerTest, OtherOriginsMayNotReadUnlessConfigured) {
  const std::string origin = "Origin: https://grafana.example\r\n";
  EXPECT_THAT(Exchange(*ServeLong(), Get("/short", origin)), Not(HasSubstr("Access-Control")));
  EXPECT_THAT(Exchange(*ServeLong({.cors_origins = {"https://other.example"}}), Get("/short", origin)),
              Not(HasSubstr("Access-Control")));
  EXPECT_THAT(Exchange(*ServeLong({.cors_origins = {"https://other.example", "https://grafana.example"}}),
                       Get("/short", origin)),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Vary: Origin\r\n"),
                    HasSubstr("Access-Control-Allow-Origin: https://grafana.example\r\n")));
  EXPECT_THAT(Exchange(*ServeLong({.cors_origins = {"*"}}), Get("/nothing", origin)),
              AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("Access-Control-Allow-Origin: *\r\n")));
}

TEST(HttpServerTest, TheQuestionBeforeARequestNeedsNoTokenAndTheRequestDoes) {
  const auto server =
      ServeLong({.admits = [](const HttpRequest& request) { return request.Header("authorization") == "Bearer right"; },
                 .cors_origins = {"https://grafana.example"}});
  const auto ask = [](absl::string_view origin) {
    return absl::StrCat("OPTIONS /short HTTP/1.1\r\nHost: x\r\nOrigin: ", origin,
                        "\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  };
  EXPECT_THAT(Exchange(*server, ask("https://grafana.example")),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Access-Control-Allow-Methods: GET, POST\r\n"),
                    HasSubstr("Access-Control-Allow-Headers: Accept, Authorization, Content-Type\r\n")));
  EXPECT_THAT(Exchange(*server, ask("https://evil.example")),
              AllOf(StartsWith("HTTP/1.1 401"), Not(HasSubstr("Access-Control"))));
  EXPECT_THAT(Exchange(*server, Get("/short", "Origin: https://grafana.example\r\n")),
              AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("Access-Control-Allow-Origin: https://grafana.example\r\n")));
}

TEST(HttpServerTest, HandlersKnowTheClientsAddress) {
  EXPECT_THAT(Exchange(*Serve(), "GET /peer HTTP/1.0\r\n\r\n"), EndsWith("127.0.0.1 loopback"));
  // To a socket for both families an IPv4 client is ::ffff:127.0.0.1.
  EXPECT_THAT(Exchange(*Serve({.address = ":0"}), "GET /peer HTTP/1.0\r\n\r\n"), EndsWith("127.0.0.1 loopback"));
}

TEST(HttpServerTest, ListensOnIpv6) {
  HttpServer server({.address = "[::1]:0"});
  server.Handle("GET", "/peer", [](const HttpRequest& request) {
    return HttpResponse::Text(200, absl::StrCat(request.peer, request.peer_is_loopback ? " loopback" : ""));
  });
  if (!ListenTcp({.host = "::1"}).ok()) GTEST_SKIP() << "no IPv6 here";
  ASSERT_TRUE(server.Start().ok());
  HttpClient client;
  const auto reply = client.Fetch({.url = absl::StrCat("http://[::1]:", server.port(), "/peer")});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->body, "::1 loopback");
  EXPECT_FALSE(client.Fetch({.url = absl::StrCat("http://127.0.0.1:", server.port(), "/peer")}).ok());
}

TEST(HttpServerTest, PagesAreServed) {
  const auto server = Serve();
  EXPECT_THAT(Exchange(*server, kHello),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 6\r\n"),
                    HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"), EndsWith("\r\n\r\nhello\n")));
}

TEST(HttpServerTest, HandlersSeeDecodedPathsAndParameters) {
  const auto server = Serve();
  EXPECT_THAT(Exchange(*server, "GET /echo/a%20b?q=x%26y&r=1+2 HTTP/1.1\r\n\r\n"),
              EndsWith("GET /echo/a b {q=x&y,r=1 2} 0"));
}

TEST(HttpServerTest, FormsAddParameters) {
  const auto server = Serve();
  EXPECT_THAT(Exchange(*server,
                       "POST /echo/?a=1 HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: 7\r\n\r\nquery=b"),
              EndsWith("POST /echo/ {a=1,query=b} 7"));
}

TEST(HttpServerTest, OtherBodiesAreNotParameters) {
  const auto server = Serve();
  EXPECT_THAT(Exchange(*server, "POST /echo/ HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\na=b"),
              EndsWith("POST /echo/ {} 3"));
}

TEST(HttpServerTest, HeadHasTheLengthButNoBody) {
  const auto server = Serve();
  EXPECT_THAT(Exchange(*server, "HEAD /hello HTTP/1.1\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 6\r\n"), EndsWith("\r\n\r\n")));
}

TEST(HttpServerTest, ConnectionsAreKept) {
  const auto server = Serve();
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(kHello);
    EXPECT_THAT(client.ReadResponse(), EndsWith("hello\n"));
  }
  client.Send("HEAD /hello HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadResponse(/*head=*/true), StartsWith("HTTP/1.1 200"));
  client.Send("GET /missing HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 404"));
  client.Send(kHello);
  EXPECT_THAT(client.ReadResponse(), EndsWith("hello\n"));
  EXPECT_EQ(server->stats().connections_accepted, 1u);
}

TEST(HttpServerTest, RequestsSentAheadAreAnsweredInOrder) {
  const auto server = Serve();
  RawClient client(server->port());
  client.Send("GET /echo/1 HTTP/1.1\r\n\r\nGET /echo/2 HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.ReadResponse(), EndsWith("GET /echo/1 {} 0"));
  EXPECT_THAT(client.ReadResponse(), EndsWith("GET /echo/2 {} 0"));
}

TEST(HttpServerTest, ConnectionsEndWhenTheClientSaysSo) {
  const auto server = Serve();
  for (const char* request : {"GET /hello HTTP/1.0\r\n\r\n", "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"}) {
    RawClient client(server->port());
    client.Send(request);
    bool closed = false;
    EXPECT_THAT(client.ReadAll(&closed), EndsWith("hello\n"));
    EXPECT_TRUE(closed);
  }
}

TEST(HttpServerTest, ClientsThatExpectContinueAreToldTo) {
  const auto server = Serve();
  RawClient client(server->port());
  client.Send("POST /echo/ HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ab");
  EXPECT_THAT(client.ReadResponse(), EndsWith("POST /echo/ {} 2"));
}

TEST(HttpServerTest, AnInheritedSocketIsServed) {
  const FileDescriptor held(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto any = SocketAddress::Resolve({.host = "127.0.0.1"});
  ASSERT_EQ(::bind(held.number(), any->pointer(), any->size()), 0);
  ASSERT_EQ(::listen(held.number(), 8), 0);
  const int port = SocketAddress::OfSocket(held.number()).port();
  for (int life = 1; life <= 2; ++life) {
    InheritedSockets inherited;
    inherited.Add(FileDescriptor(::dup(held.number())), "http");
    const auto server = Serve({.address = absl::StrCat("127.0.0.1:", port), .inherited = &inherited});
    EXPECT_TRUE(inherited.CheckAllTaken().ok());
    EXPECT_EQ(server->port(), port);
    EXPECT_THAT(Exchange(*server, kHello), StartsWith("HTTP/1.1 200 "));
  }
}

TEST(HttpServerTest, ManyConnectionsAreServedAtOnce) {
  const auto server = Serve();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) clients.push_back(std::make_unique<RawClient>(server->port()));
  for (const auto& client : clients) client->Send(kHello);
  for (const auto& client : clients) EXPECT_THAT(client->ReadResponse(), EndsWith("hello\n"));
  EXPECT_EQ(server->stats().connections, 200u);
}

TEST(HttpServerTest, ASlowHandlerDelaysNobodyElse) {
  Gate gate;
  HttpServer server({.handler_threads = 2});
  server.Handle("GET", "/slow", gate.Handler());
  server.Handle("GET", "/hello", [](const HttpRequest&) { return HttpResponse::Text(200, "hello\n"); });
  ASSERT_TRUE(server.Start().ok());
  RawClient slow(server.port());
  slow.Send("GET /slow HTTP/1.1\r\n\r\n");
  gate.AwaitEntry();
  EXPECT_THAT(Exchange(server, kHello), EndsWith("hello\n"));
  gate.Open();
  EXPECT_THAT(slow.ReadResponse(), EndsWith("late\n"));
}

TEST(HttpServerTest, AHandlerThatTakesTooLongIsGivenUp) {
  Gate gate;
  HttpServer server({.handler_timeout = absl::Milliseconds(50)});
  server.Handle("GET", "/slow", gate.Handler());
  ASSERT_TRUE(server.Start().ok());
  RawClient client(server.port());
  client.Send("GET /slow HTTP/1.1\r\n\r\n");
  bool closed = false;
  client.FinishSending();
  EXPECT_THAT(client.ReadAll(&closed), AllOf(StartsWith("HTTP/1.1 503 "), Not(HasSubstr("late"))));
  EXPECT_TRUE(closed);
  EXPECT_EQ(server.stats().timeouts, 1u);
  gate.Open();
}

TEST(HttpServerTest, AHandlerThatThrowsIsAnInternalError) {
  const auto server = Serve();
  EXPECT_THAT(Exchange(*server, "GET /throw HTTP/1.1\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 500 "), EndsWith("internal error\n")));
  EXPECT_EQ(server->stats().handler_failures, 1u);
  EXPECT_THAT(Exchange(*server, kHello), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServerTest, APortInUseIsAnErrorThatNamesIt) {
  const auto server = Serve();
  const std::string address = absl::StrCat("127.0.0.1:", server->port());
  HttpServer second({.address = address});
  EXPECT_THAT(std::string(second.Start().message()),
              StartsWith(absl::StrCat("HTTP server: tcp://", address, ": cannot listen: the port is in use")));
  EXPECT_EQ(second.port(), 0);
}

TEST(HttpServerTest, AddressesThatAreNoneAreErrors) {
  for (const char* address : {"", "127.0.0.1", "udp://127.0.0.1:0", "unix:///run/x"}) {
    EXPECT_THAT(std::string(HttpServer({.address = address}).Start().message()), StartsWith("HTTP server: "))
        << address;
  }
}

TEST(HttpServerTest, StoppingClosesEveryConnection) {
  const auto server = Serve();
  RawClient client(server->port());
  client.Send(kHello);
  client.ReadResponse();
  server->Stop();
  bool closed = false;
  EXPECT_EQ(client.ReadAll(&closed), "");
  EXPECT_TRUE(closed);
  server->Stop();
}

TEST(HttpServerTest, StoppingWaitsForRunningHandlers) {
  Gate gate;
  HttpServer server({});
  server.Handle("GET", "/slow", gate.Handler());
  ASSERT_TRUE(server.Start().ok());
  RawClient client(server.port());
  client.Send("GET /slow HTTP/1.1\r\n\r\n");
  gate.AwaitEntry();
  std::thread stopper([&] { server.Stop(); });
  gate.Open();
  stopper.join();
  EXPECT_EQ(server.stats().requests, 1u);
}

TEST(HttpServerTest, GarbageDoesNoHarm) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto server = Serve();
  const std::string good = "POST /echo/x?a=b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (int round = 0; round < 300; ++round) {
    std::string request = good;
    for (int i = 0; i < 3; ++i) request[random() % request.size()] = static_cast<char>(random());
    Exchange(*server, request);
  }
  EXPECT_THAT(Exchange(*server, kHello), EndsWith("hello\n"));
}

}  // namespace
}  // namespace tributary
