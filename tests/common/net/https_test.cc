// HttpServer with certificates and a gate, asked by HttpClient and by clients that do not speak TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "common/net/tls_server.h"
#include "tests/common/net/raw_client.h"
#include "tests/support/certificates.h"

namespace tributary {
namespace {

class HttpsTest : public testing::Test {
 protected:
  HttpsTest() : files_(authority_.Issue({"c", TlsIdentity::Role::kProxy, "p"}, "p")), tls_(*TlsServer::Open(files_)) {}

  std::unique_ptr<HttpServer> Serve(HttpServer::Options options = {}) {
    options.tls = [this] { return tls_->context(); };
    auto server = std::make_unique<HttpServer>(options);
    server->Handle("POST", "/echo", [](const HttpRequest& r) { return HttpResponse::Text(200, r.body); });
    server->Handle("GET", "/hello", [](const HttpRequest&) { return HttpResponse::Text(200, "hello\n"); });
    EXPECT_TRUE(server->Start().ok());
    return server;
  }
  HttpFetch Fetch(const HttpServer& server, const std::string& path) {
    return {.url = absl::StrCat("https://127.0.0.1:", server.port(), path), .ca_file = authority_.ca_file()};
  }

  TestAuthority authority_;
  const TlsFiles files_;
  const std::unique_ptr<TlsServer> tls_;
};

TEST_F(HttpsTest, BodiesOfManyRecordsGoBothWaysOnOneConnection) {
  const auto server = Serve();
  HttpClient client;
  HttpFetch fetch = Fetch(*server, "/echo");
  fetch.method = "POST";
  for (const size_t bytes : {1, 16 << 10, 700'000}) {
    fetch.body = std::string(bytes, 'x');
    const auto reply = client.Fetch(fetch);
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->body, fetch.body);
  }
  EXPECT_EQ(server->stats().connections_accepted, 1);
}

TEST_F(HttpsTest, ANewCertificateIsShownToNewConnections) {
  const auto server = Serve();
  TestAuthority other;
  HttpFetch fetch = Fetch(*server, "/hello");
  EXPECT_TRUE(HttpClient().Fetch(fetch).ok());
  const TlsFiles next = other.Issue({"c", TlsIdentity::Role::kProxy, "p"}, "p");
  std::filesystem::copy(next.cert_file, files_.cert_file, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy(next.key_file, files_.key_file, std::filesystem::copy_options::overwrite_existing);
  ASSERT_TRUE(*tls_->Refresh());
  EXPECT_FALSE(HttpClient().Fetch(fetch).ok());  // an authority it does not know
  fetch.ca_file = other.ca_file();
  EXPECT_TRUE(HttpClient().Fetch(fetch).ok());
}

TEST_F(HttpsTest, WhoDoesNotSpeakTlsIsClosedAndCounted) {
  const auto server = Serve();
  bool closed = false;
  RawClient client(server->port());
  client.Send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadAll(&closed), testing::Not(testing::HasSubstr("hello")));
  EXPECT_TRUE(closed);
  EXPECT_EQ(server->stats().handshake_failures, 1);
  EXPECT_TRUE(HttpClient().Fetch(Fetch(*server, "/hello")).ok());  // others are served
}

TEST_F(HttpsTest, AHandshakeThatDoesNotEndIsClosed) {
  const auto server = Serve({.handshake_timeout = absl::Milliseconds(50)});
  bool closed = false;
  RawClient client(server->port());
  client.Send(absl::string_view("\x16\x03\x01", 3));
  client.ReadAll(&closed);
  EXPECT_TRUE(closed);
}

TEST_F(HttpsTest, TheErrorOfALargeBodyArrives) {
  const auto server = Serve({.max_body_bytes = 1000});
  HttpFetch fetch = Fetch(*server, "/echo");
  fetch.method = "POST";
  fetch.body = std::string(1001, 'x');
  const auto reply = HttpClient().Fetch(fetch);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 413);
}

TEST_F(HttpsTest, WhoIsNotAdmittedIsTold401) {
  const auto server = Serve({.admits = [](const HttpRequest& r) { return r.Header("authorization") == "Bearer t"; }});
  HttpFetch fetch = Fetch(*server, "/hello");
  const auto refused = HttpClient().Fetch(fetch);
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->Header("www-authenticate"), "Bearer");
  EXPECT_EQ(server->stats().requests_unauthorized, 1);
  fetch.headers = {{"Authorization", "Bearer t"}};
  EXPECT_EQ(HttpClient().Fetch(fetch)->status, 200);
}

}  // namespace
}  // namespace tributary
