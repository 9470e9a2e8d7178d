#include "local/tap/tap_page.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/http_client.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

using nlohmann::json;

class TapPageTest : public ::testing::Test {
 protected:
  TapPageTest() {
    setenv("no_proxy", "*", 1);
    AddTapPage(server_, hub_);
    EXPECT_TRUE(server_.Start().ok());
  }
  ~TapPageTest() override { server_.Stop(); }

  HttpReply Get(absl::string_view query) {
    auto reply = client_.Fetch({.url = absl::StrCat("http://127.0.0.1:", server_.port(), "/api/v1/tap", query)});
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : HttpReply();
  }
  // The id of a tap that is open from now on.
  std::string Open(absl::string_view query) {
    const HttpReply reply = Get(query);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body).at("id");
  }
  void Offer(absl::string_view text, absl::string_view rejected = "") {
    hub_.NewBatch().Offer({text, Peer(), rejected});
  }

  ManualClock clock_{absl::FromUnixMillis(1'780'000'000'123)};
  TapHub hub_{clock_};
  HttpServer server_{{}};
  HttpClient client_;
};

TEST_F(TapPageTest, OpensATapAndPollsIt) {
  const std::string id = Open("?match=api.*%7Bregion:eu%7D&rate=1");
  Offer("api.latency:12|ms|#region:eu");
  Offer("api.latency:13|ms|#region:eu");
  Offer("api.latency:14|ms|#region:us");
  const json expected = {
      {"id", id},
      {"skipped", 1},
      {"records", {{{"time", 1780000000.123}, {"line", "api.latency:12|ms|#region:eu"}, {"client", "unknown"}}}}};
  EXPECT_EQ(json::parse(Get("?id=" + id).body), expected);
}

TEST_F(TapPageTest, NamesTheReasonOfARefusal) {
  const std::string id = Open("?rejected=only");
  Offer("a:1|c");
  Offer("a:nan|c", "bad_value");
  const json records = json::parse(Get("?id=" + id).body).at("records");
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("rejected"), "bad_value");
}

TEST_F(TapPageTest, IsJsonWhateverBytesCome) {
  const std::string id = Open("");
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every.push_back(static_cast<char>(byte));
  Offer(every, "no_value");
  const std::string line = json::parse(Get("?id=" + id).body).at("records").at(0).at("line");
  EXPECT_EQ(line.substr(0, 8), "\\x00\\x01");
  EXPECT_EQ(line.substr(line.size() - 8), "\\xfe\\xff");
}

TEST_F(TapPageTest, RefusesWhatItCannotRead) {
  for (const std::string query : {"?match=", "?match=a%7B", "?rate=0", "?rate=10001", "?rate=x", "?rejected=maybe"}) {
    const HttpReply reply = Get(query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_TRUE(json::parse(reply.body).contains("error"));
  }
}

TEST_F(TapPageTest, SaysThatATapHasEnded) {
  const std::string id = Open("");
  clock_.Advance(TapHub::kPatience);
  EXPECT_EQ(Get("?id=" + id).status, 404);
}

TEST_F(TapPageTest, SaysThatTooManyAreOpen) {
  for (size_t i = 0; i < TapHub::kMaxTaps; ++i) Open("");
  EXPECT_EQ(Get("").status, 503);
}

}  // namespace
}  // namespace tributary
