#include "proxy/http/status_api.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/net/http_client.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

v1::Books BooksOf(uint64_t accepted, uint64_t committed) {
  v1::Books books;
  books.set_accepted(accepted);
  books.set_committed(committed);
  return books;
}

void AddDrop(v1::Books& books, const std::string& reason, uint64_t samples) {
  v1::Drop& drop = *books.add_dropped();
  drop.set_reason(reason);
  drop.set_sample_count(samples);
}

// One global that answers, with two agents, and one that does not.
class FakeInspector : public Inspector {
 public:
  std::vector<GlobalState> Inspect(const std::vector<Member>& globals, const v1::InspectRequest&,
                                   absl::Duration) override {
    std::vector<GlobalState> states(2);
    states[0].global = globals[0];
    v1::InspectResponse& state = states[0].state;
    state.set_version("1.2.3");
    state.set_started_unix_ms(990'000);
    state.set_now_unix_ms(1'001'500);
    state.set_windows_open(3);
    state.set_committed_through_unix_ms(1'000'000);
    *state.mutable_books() = BooksOf(20, 15);
    state.mutable_books()->set_open(4);
    AddDrop(*state.mutable_books(), "not_owner", 1);
    state.set_series(6);
    state.set_store_bytes(7'000'000'000);
    v1::SinkState& sink = *state.add_sinks();
    sink.set_name("out");
    sink.set_lag_seconds(lag_seconds);
    sink.set_rows_queued(8);
    sink.set_rows_dropped(9);
    v1::AgentState& told = *state.add_agents();
    told.set_instance(std::string(16, '\xab'));
    told.set_host(host);
    told.set_state(v1::AgentState::STATE_SILENT);
    told.set_last_interval(99);
    *told.mutable_books() = BooksOf(30, 15);
    told.mutable_books()->set_pending(4);
    told.mutable_books()->set_local(5);
    AddDrop(*told.mutable_books(), "rule", 6);
    v1::AgentState& untold = *state.add_agents();
    untold.set_instance(std::string(16, '\xcd'));
    untold.set_host("web-2");
    untold.set_state(v1::AgentState::STATE_LIVE);
    untold.set_last_interval(-1);
    states[1].global = globals[1];
    states[1].status = absl::UnavailableError("connection refused");
    return states;
  }
  std::string host = "web-1";
  double lag_seconds = 0.5;
};

class StatusApiTest : public ::testing::Test {
 protected:
  StatusApiTest() {
    RegisterStatusApi(server_, inspection_);
    TRIBUTARY_CHECK(server_.Start().ok());
  }
  HttpReply Fetch() {
    HttpFetch fetch;
    fetch.method = "GET";
    fetch.url = absl::StrCat("http://127.0.0.1:", server_.port(), "/api/v1/status/cluster");
    const auto reply = client_.Fetch(fetch);
    TRIBUTARY_CHECK(reply.ok());
    return *reply;
  }

  FakeInspector inspector_;
  ClusterView view_{.effective_from = 90,
                    .owners = {{{"g0", "10.0.0.1:8126", 1}, 4000, true}, {{"g1", "10.0.0.2:8126", 0.5}, 96, false}},
                    .guarded = {"g1"},
                    .waiting = {"g2"}};
  ManualClock clock_{absl::FromUnixMillis(1'001'600)};
  ClusterInspection inspection_{
      inspector_, [this] { return view_; }, clock_, {.cluster = "eu1", .interval = absl::Seconds(10)}};
  HttpServer server_{HttpServer::Options()};
  HttpClient client_;
};

// As docs/query.md has it.
const Json kStatus = Json::parse(R"({
  "status": "success",
  "data": {
    "cluster": "eu1", "interval_seconds": 10.0, "now": 1001.6,
    "view": {"effective_from": 900, "members": [
      {"id": "g0", "address": "10.0.0.1:8126", "weight": 1.0, "partitions": 4000, "connected": true},
      {"id": "g1", "address": "10.0.0.2:8126", "weight": 0.5, "partitions": 96, "connected": false}],
      "guarded": ["g1"], "waiting": ["g2"]},
    "globals": [
      {"id": "g0", "heard": true, "error": "", "version": "1.2.3", "uptime_seconds": 11.5, "windows_open": 3,
       "committed_through": 1000.0, "lag_seconds": 1.5,
       "samples": {"received": 20, "committed": 15, "open": 4, "dropped": [{"reason": "not_owner", "samples": 1}]},
       "balanced": true, "series": 6, "store_bytes": 7000000000,
       "sinks": [{"name": "out", "lag_seconds": 0.5, "rows_queued": 8, "rows_dropped": 9}]},
      {"id": "g1", "heard": false, "error": "connection refused"}],
    "agents": [
      {"host": "web-1", "instance": "abababababababababababababababab", "state": "silent", "last_interval": 1000,
       "samples": {"accepted": 30, "committed": 15, "local": 5, "open": 0, "pending": 4,
                   "dropped": [{"reason": "rule", "samples": 6}]},
       "balanced": true},
      {"host": "web-2", "instance": "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd", "state": "live", "last_interval": null,
       "samples": null, "balanced": null}],
    "samples": {"accepted": 30, "committed": 15, "local": 5, "open": 0, "pending": 4, "dropped": 6,
                "untold_agents": 1, "difference": 0, "balanced": true}}})");

TEST_F(StatusApiTest, TellsWhatEveryoneSaysInTheDocumentedShape) {
  const HttpReply reply = Fetch();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Json::parse(reply.body), kStatus) << reply.body;
}

TEST_F(StatusApiTest, WhatPeersSayIsValidJsonWhateverItIs) {
  inspector_.host = "web\xff\"";
  inspector_.lag_seconds = std::nan("");
  const Json data = Json::parse(Fetch().body).at("data");
  EXPECT_EQ(data.at("agents").at(1).at("host"), "web\xef\xbf\xbd\"");
  EXPECT_TRUE(data.at("globals").at(0).at("sinks").at(0).at("lag_seconds").is_null());
}

TEST_F(StatusApiTest, IsUnavailableWithoutAView) {
  view_.owners.clear();
  const HttpReply reply = Fetch();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(Json::parse(reply.body),
            Json({{"status", "error"}, {"errorType", "unavailable"}, {"error", "no global is known"}}));
}

}  // namespace
}  // namespace tributary
