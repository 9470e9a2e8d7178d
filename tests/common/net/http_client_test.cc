#include "common/net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/net/http_server.h"

namespace tributary {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpClientTest : public ::testing::Test {
 protected:
  HttpClientTest() {
    setenv("no_proxy", "*", 1);
    server_.Handle("GET", "/echo", [](const HttpRequest& request) {
      HttpResponse response = HttpResponse::Text(429, absl::StrCat(request.Header("x-test"), "|", request.body));
      response.headers.emplace_back("Retry-After", "7");
      return response;
    });
    server_.Handle("POST", "/echo", [](const HttpRequest& request) {
      return HttpResponse::Text(200, absl::StrCat(request.Header("content-type"), "|", request.body));
    });
    server_.Handle("GET", "/large",
                   [](const HttpRequest&) { return HttpResponse::Text(200, std::string(1 << 20, 'x')); });
    server_.Handle("GET", "/never", [this](const HttpRequest&) {
      entered_.set_value();
      released_.wait();
      return HttpResponse();
    });
    EXPECT_TRUE(server_.Start().ok());
  }
  ~HttpClientTest() override {
    if (!is_released_) release_.set_value();
  }

  std::string Url(absl::string_view path) const { return absl::StrCat("http://127.0.0.1:", server_.port(), path); }

  std::promise<void> entered_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  bool is_released_ = false;
  HttpServer server_{{}};
  HttpClient client_;
};

TEST_F(HttpClientTest, RepliesCarryStatusBodyAndHeaders) {
  const auto reply = client_.Fetch({.url = Url("/echo"), .headers = {{"X-Test", "hello"}}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 429);
  EXPECT_EQ(reply->body, "hello|");
  EXPECT_EQ(reply->Header("retry-after"), "7");
}

TEST_F(HttpClientTest, BodiesAreSentAsTheyAre) {
  const std::string body("a\0b\r\n", 5);
  const auto reply = client_.Fetch(
      {.method = "POST", .url = Url("/echo"), .headers = {{"Content-Type", "application/x-protobuf"}}, .body = body});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->body, absl::StrCat("application/x-protobuf|", body));
}

TEST_F(HttpClientTest, EmptyPostsAndHeadsWork) {
  EXPECT_EQ(client_.Fetch({.method = "POST", .url = Url("/echo")})->status, 200);
  const auto head = client_.Fetch({.method = "HEAD", .url = Url("/large")});
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->Header("content-length"), "1048576");
  EXPECT_EQ(head->body, "");
}

TEST_F(HttpClientTest, OneConnectionServesManyRequests) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client_.Fetch({.url = Url("/echo")}).ok());
  EXPECT_EQ(server_.stats().connections_accepted, 1u);
  EXPECT_EQ(server_.stats().requests, 5u);
}

TEST_F(HttpClientTest, LargeResponsesAreRefused) {
  EXPECT_EQ(client_.Fetch({.url = Url("/large"), .max_response_bytes = 1 << 20})->body.size(), 1u << 20);
  const auto reply = client_.Fetch({.url = Url("/large"), .max_response_bytes = (1 << 20) - 1});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(HttpClientTest, TheTimeoutEndsTheWait) {
  const auto reply = client_.Fetch({.url = Url("/never"), .timeout = absl::Milliseconds(50)});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(HttpClientTest, CancelEndsTheRunningFetchAndLaterOnes) {
  std::thread canceller([this] {
    entered_.get_future().wait();
    client_.Cancel();
  });
  const auto running = client_.Fetch({.url = Url("/never"), .timeout = absl::Minutes(1)});
  canceller.join();
  EXPECT_EQ(running.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(client_.Fetch({.url = Url("/echo")}).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(HttpClientTest, BodiesCanBeTakenPieceByPiece) {
  size_t bytes = 0;
  const auto reply =
      client_.Fetch({.url = Url("/large"), .max_response_bytes = 1, .on_body = [&](absl::string_view piece) {
                       bytes += piece.size();
                       return true;
                     }});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(bytes, 1u << 20);
  EXPECT_EQ(reply->body, "");
}

TEST_F(HttpClientTest, TheReceiverMayEndTheExchange) {
  const auto reply = client_.Fetch({.url = Url("/large"), .on_body = [](absl::string_view) { return false; }});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(client_.Fetch({.url = Url("/echo")}).ok());
}

TEST_F(HttpClientTest, ErrorBodiesDoNotGoToTheReceiver) {
  const auto reply = client_.Fetch({.url = Url("/missing"), .on_body = [](absl::string_view) { return false; }});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(reply->body, "no such page\n");
}

TEST_F(HttpClientTest, NobodyListeningIsUnavailable) {
  const std::string url = Url("/echo");
  server_.Stop();
  const auto reply = client_.Fetch({.url = url});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
}

TEST_F(HttpClientTest, ErrorsDoNotTellSecrets) {
  const auto reply = client_.Fetch({.url = "ftp://user:hunter2@host:1/path?token=letmein"});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(reply.status().message()),
              AllOf(HasSubstr("ftp://host:1"), Not(HasSubstr("hunter2")), Not(HasSubstr("letmein"))));
}

TEST_F(HttpClientTest, UrlsAndHeadersThatAreNoneAreRefused) {
  EXPECT_EQ(client_.Fetch({.url = ""}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client_.Fetch({.url = "http://"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client_.Fetch({.url = Url("/echo"), .headers = {{"A", "b\r\nC: d"}}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(HttpClientTest, MissingCaFilesAreToldAsSuch) {
  const auto reply =
      client_.Fetch({.url = absl::StrCat("https://127.0.0.1:", server_.port()), .ca_file = "/no/such.pem"});
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tributary
