// The routes on a real HttpServer, asked by a real HttpClient; the globals are a fake.
#include "proxy/http/query_api.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/net/http_client.h"
#include "common/wire/series.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

// Every global holds the samples 1, 2, 3 of one series, in one row.
class FakeFanOut : public FanOut {
 public:
  std::vector<GridAnswer> SelectGrid(const std::vector<Member>&, const v1::GridRequest&, absl::Duration) override {
    return {};
  }
  std::vector<LabelsAnswer> ListLabels(const std::vector<Member>&, const v1::LabelsRequest&, absl::Duration) override {
    return {};
  }
  std::vector<GlobalAnswer> Select(const std::vector<Member>& globals, const v1::SelectRequest& request,
                                   absl::Duration timeout) override {
    last_request = request;
    last_timeout = timeout;
    GlobalAnswer answer;
    answer.status = status;
    Aggregate value = MakeAggregate(MetricType::kDistribution);
    for (const double sample : {1, 2, 3}) TRIBUTARY_CHECK(std::get<DistributionAggregate>(value).Add(sample, 1));
    v1::SeriesAggregate& merged = *answer.groups.emplace_back().mutable_merged();
    merged.set_type(v1::METRIC_TYPE_DISTRIBUTION);
    ToProto(value, merged);
    answer.summary.set_series(1);
    answer.summary.set_rows(1);
    answer.summary.set_min_coverage(1);
    answer.summary.set_resolution_ms(10'000);
    answer.summary.set_sealed_through_unix_ms(request.to_unix_ms());
    std::vector<GlobalAnswer> answers(globals.size(), answer);
    for (size_t i = 0; i < globals.size(); ++i) answers[i].global = globals[i];
    return answers;
  }

  absl::Status status;
  v1::SelectRequest last_request;
  absl::Duration last_timeout;
};

class QueryApiTest : public ::testing::Test {
 protected:
  QueryApiTest() {
    RegisterQueryApi(server_, engine_);
    TRIBUTARY_CHECK(server_.Start().ok());
  }

  HttpReply Fetch(const std::string& method, const std::string& path, const std::string& form = "") {
    HttpFetch fetch;
    fetch.method = method;
    fetch.url = absl::StrCat("http://127.0.0.1:", server_.port(), path);
    if (method == "POST") fetch.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    fetch.body = form;
    const auto reply = client_.Fetch(fetch);
    TRIBUTARY_CHECK(reply.ok());
    return *reply;
  }

  std::vector<Member> globals_ = {{"g0", "10.0.0.1:8127"}};
  FakeFanOut fan_out_;
  Telemetry telemetry_;
  ManualClock clock_{absl::FromUnixMillis(1'736'931'600'500)};
  QueryEngine engine_{fan_out_, [this] { return globals_; }, clock_, telemetry_};
  HttpServer server_{HttpServer::Options()};
  HttpClient client_;
};

const Json kMedian = Json::parse(R"({
  "status": "success",
  "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1736931600.5, "2"]}]},
  "infos": ["merged 1 sketches of 1 series, resolution 10s, partial rows 0, smallest coverage 100%",
            "globals 1/1, committed through 2025-01-15T09:00:00.5Z"]})");

TEST_F(QueryApiTest, AnswersGetAndPostAlike) {
  const HttpReply get = Fetch("GET", "/api/v1/query?query=quantile(0.5,%20m%5B5m%5D)");
  EXPECT_EQ(get.status, 200);
  EXPECT_EQ(get.Header("content-type"), "application/json");
  EXPECT_EQ(Json::parse(get.body), kMedian);
  const HttpReply post = Fetch("POST", "/api/v1/query", "query=quantile(0.5,+m[5m])");
  EXPECT_EQ(Json::parse(post.body), kMedian);
}

TEST_F(QueryApiTest, AnswersForTheTimeAndWithinTheTimeoutAsked) {
  const HttpReply reply =
      Fetch("POST", "/api/v1/query", "query=quantile(0.5,m[10s])&time=2025-01-15T08:00:00Z&timeout=5s");
  EXPECT_EQ(Json::parse(reply.body)["data"]["result"][0]["value"][0], 1'736'928'000.0);
  EXPECT_EQ(fan_out_.last_request.to_unix_ms(), 1'736'928'000'000);
  EXPECT_EQ(fan_out_.last_request.from_unix_ms(), 1'736'927'990'000);
  EXPECT_EQ(fan_out_.last_timeout, absl::Seconds(5));
}

TEST_F(QueryApiTest, RefusesBadParametersInTheEnvelope) {
  const std::pair<std::string, std::string> table[] = {
      {"", "the parameter \"query\" is missing"},
      {"query=quantile(0.5,m[5m])&time=now", "the parameter \"time\" is Unix seconds or RFC 3339, not \"now\""},
      {"query=quantile(0.5,m[5m])&timeout=0",
       "the parameter \"timeout\" is seconds or a duration such as 30s, more than 0, not \"0\""},
      {"query=1%2B1",
       "1:1: parse error: expected quantile, found '1'; supported is quantile(0.99, name{label=\"value\"}[5m]) by "
       "(label), "
       "see docs/query.md"},
  };
  for (const auto& [form, error] : table) {
    const HttpReply reply = Fetch("POST", "/api/v1/query", form);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(Json::parse(reply.body), Json({{"status", "error"}, {"errorType", "bad_data"}, {"error", error}}));
  }
}

TEST_F(QueryApiTest, SaysInTheEnvelopeThatNoGlobalAnswered) {
  fan_out_.status = absl::DeadlineExceededError("Deadline Exceeded");
  const HttpReply reply = Fetch("POST", "/api/v1/query", "query=quantile(0.5,m[5m])");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(Json::parse(reply.body), Json({{"status", "error"},
                                           {"errorType", "timeout"},
                                           {"error", "no global answered: g0 (10.0.0.1:8127): Deadline Exceeded"}}));
}

TEST_F(QueryApiTest, TellsGrafanaWhichPrometheusItIs) {
  const HttpReply reply = Fetch("GET", "/api/v1/status/buildinfo");
  EXPECT_EQ(reply.status, 200);
  const Json json = Json::parse(reply.body);
  EXPECT_EQ(json["status"], "success");
  EXPECT_EQ(json["data"]["version"], "2.55.0");
  EXPECT_FALSE(json["data"].contains("features"));  // else Grafana takes it for Mimir
}

TEST_F(QueryApiTest, HasNoOtherEndpoints) {
  for (const char* method : {"GET", "POST"}) {
    const HttpReply reply = Fetch(method, "/api/v1/query_range", method[0] == 'P' ? "query=1" : "");
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(Json::parse(reply.body), Json({{"status", "error"},
                                             {"errorType", "not_found"},
                                             {"error",
                                              "/api/v1/query_range is not served; /api/v1/query, "
                                              "/api/v1/status/buildinfo and /api/v1/status/cluster are"}}));
  }
}

TEST_F(QueryApiTest, IsHealthyAlwaysAndReadyWithAGlobal) {
  EXPECT_EQ(Fetch("GET", "/-/healthy").status, 200);
  EXPECT_EQ(Fetch("GET", "/-/ready").status, 200);
  globals_.clear();
  EXPECT_EQ(Fetch("GET", "/-/healthy").status, 200);
  EXPECT_EQ(Fetch("GET", "/-/ready").status, 503);
}

}  // namespace
}  // namespace tributary
