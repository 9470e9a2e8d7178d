#include "common/net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/net/http_client.h"
#include "common/net/listen_error.h"
#include "common/net/socket_address.h"
#include "tests/common/net/raw_client.h"

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kHello[] = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";

std::string Describe(const HttpRequest& request) {
  const auto pair = [](std::string* out, const auto& p) { absl::StrAppend(out, p.first, "=", p.second); };
  return absl::StrCat(request.method, " ", request.path, " {", absl::StrJoin(request.parameters, ",", pair), "} ",
                      request.body.size());
}

// A server with a few pages, started.
std::unique_ptr<HttpServer> Serve(HttpServer::Options options = {}) {
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
std::string Exchange(const HttpServer& server, absl::string_view request) {
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
  if (!TryToListen({.host = "::1"}).ok()) GTEST_SKIP() << "no IPv6 here";
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

struct Refusal {
  const char* request;
  const char* status;
};

TEST(HttpServerTest, WrongRequestsAreRefusedClearly) {
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

TEST(HttpServerTest, LargeHeadersAreRefused) {
  const auto server = Serve();
  const std::string header(17 << 10, 'a');
  EXPECT_THAT(Exchange(*server, absl::StrCat("GET /hello HTTP/1.1\r\nX: ", header, "\r\n\r\n")),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Exchange(*server, absl::StrCat("GET /", header, " HTTP/1.1\r\n\r\n")), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServerTest, LargeBodiesAreRefused) {
  const auto server = Serve({.max_body_bytes = 1000});
  const std::string most(1000, 'a'), more(1001, 'a');
  const auto post = [&](const std::string& body) {
    return Exchange(*server, absl::StrCat("POST /echo/ HTTP/1.1\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  };
  EXPECT_THAT(post(most), EndsWith("POST /echo/ {} 1000"));
  EXPECT_THAT(post(more), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerTest, LargeBodiesInChunksAreRefused) {
  const auto server = Serve({.max_body_bytes = 1000});
  std::string request = "POST /echo/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) absl::StrAppend(&request, "64\r\n", std::string(100, 'a'), "\r\n");
  EXPECT_THAT(Exchange(*server, absl::StrCat(request, "0\r\n\r\n")), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerTest, TheRefusalReachesAClientThatIsStillSending) {
  const auto server = Serve();
  RawClient client(server->port());
  client.Send("POST /echo/ HTTP/1.1\r\nContent-Length: 4194304\r\n\r\n");
  client.Send(std::string(4 << 20, 'a'));
  EXPECT_THAT(client.ReadResponse(), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerTest, SlowRequestsAreCut) {
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

TEST(HttpServerTest, IdleConnectionsAreClosed) {
  const auto server = Serve({.idle_timeout = absl::Milliseconds(50)});
  RawClient fresh(server->port()), used(server->port());
  used.Send(kHello);
  EXPECT_THAT(used.ReadAll(), EndsWith("hello\n"));
  EXPECT_EQ(fresh.ReadAll(), "");
}

TEST(HttpServerTest, TooManyConnectionsAreTold) {
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
TEST(HttpServerTest, ClientsThatKeepUsWaitingShutNobodyOut) {
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
