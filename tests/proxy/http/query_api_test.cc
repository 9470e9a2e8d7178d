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
#include "proxy/http/series_api.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

// Every global holds the samples 1, 2, 3 of one series, in one row, and lists two series.
class FakeFanOut : public FanOut {
 public:
  std::vector<GridAnswer> SelectGrid(const std::vector<Member>& globals, const v1::GridRequest& request,
                                     absl::Duration timeout) override {
    last_request = request;
    last_timeout = timeout;
    GridAnswer answer;
    answer.status = status;
    Aggregate value = MakeAggregate(MetricType::kDistribution);
    for (const double sample : {1, 2, 3}) TRIBUTARY_CHECK(std::get<DistributionAggregate>(value).Add(sample, 1));
    v1::GridSeries& series = answer.series.emplace_back();
    series.set_type(v1::METRIC_TYPE_DISTRIBUTION);
    series.set_folded(true);
    for (uint32_t at = 0; at < request.count(); ++at) {
      series.add_at(at);
      series.add_unix_ms(request.start_unix_ms());
      v1::SeriesAggregate& merged = *series.add_merged();
      merged.set_type(v1::METRIC_TYPE_DISTRIBUTION);
      ToProto(value, merged);
    }
    answer.summary.set_series(1);
    answer.summary.set_rows(1);
    answer.summary.set_min_coverage(1);
    answer.summary.set_resolution_ms(10'000);
    answer.summary.set_sealed_through_unix_ms(request.start_unix_ms());
    std::vector<GridAnswer> answers(globals.size(), answer);
    for (size_t i = 0; i < globals.size(); ++i) answers[i].global = globals[i];
    return answers;
  }
  std::vector<LabelsAnswer> ListLabels(const std::vector<Member>& globals, const v1::LabelsRequest& request,
                                       absl::Duration) override {
    last_listing = request;
    LabelsAnswer answer;
    answer.status = status;
    answer.response.add_texts("b");
    answer.response.add_texts("a");
    for (const char* name : {"hits", "wait"}) {
      v1::LabelSet& set = *answer.response.add_series();
      set.set_type(*name == 'h' ? v1::METRIC_TYPE_COUNTER : v1::METRIC_TYPE_TIMER);
      for (const auto& [label, text] : {std::pair("__name__", name), std::pair("host", "x")}) {
        v1::Label& pair = *set.add_labels();
        pair.set_name(label);
        pair.set_value(text);
      }
    }
    std::vector<LabelsAnswer> answers(globals.size(), answer);
    for (size_t i = 0; i < globals.size(); ++i) answers[i].global = globals[i];
    return answers;
  }

  absl::Status status;
  v1::GridRequest last_request;
  v1::LabelsRequest last_listing;
  absl::Duration last_timeout;
};

class QueryApiTest : public ::testing::Test {
 protected:
  QueryApiTest() {
    RegisterQueryApi(server_, queries_);
    RegisterSeriesApi(server_, queries_);
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
  QueryRunner queries_{fan_out_, [this] { return globals_; }, clock_, telemetry_};
  HttpServer server_{HttpServer::Options()};
  HttpClient client_;
};

const Json kMedian = Json::parse(R"({
  "status": "success",
  "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1736931600.5, "2"]}]},
  "infos": ["globals 1/1, committed through 2025-01-15T09:00:00.5Z",
            "merged 1 rows of 1 series, resolution 10s, partial rows 0, smallest coverage 100%"]})");

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
  EXPECT_EQ(fan_out_.last_request.start_unix_ms(), 1'736'928'000'000);
  EXPECT_EQ(fan_out_.last_request.window_ms(), 10'000);
  EXPECT_EQ(fan_out_.last_timeout, absl::Seconds(4.5)) << "a tenth is left to merge what the others answer";
}

TEST_F(QueryApiTest, RefusesBadParametersInTheEnvelope) {
  const std::pair<std::string, std::string> table[] = {
      {"", "the parameter \"query\" is missing"},
      {"query=quantile(0.5,m[5m])&time=now", "the parameter \"time\" is Unix seconds or RFC 3339, not \"now\""},
      {"query=quantile(0.5,m[5m])&timeout=0",
       "the parameter \"timeout\" is seconds or a duration such as 30s, more than 0, not \"0\""},
  };
  for (const auto& [form, error] : table) {
    const HttpReply reply = Fetch("POST", "/api/v1/query", form);
    EXPECT_EQ(reply.status, 400);
    EXPECT_EQ(Json::parse(reply.body), Json({{"status", "error"}, {"errorType", "bad_data"}, {"error", error}}));
  }
}

TEST_F(QueryApiTest, PassesGrafanasTest) {
  const HttpReply reply = Fetch("POST", "/api/v1/query", "query=1%2B1&time=4");
  EXPECT_EQ(Json::parse(reply.body),
            Json::parse(R"({"status": "success", "data": {"resultType": "scalar", "result": [4, "2"]}})"));
}

TEST_F(QueryApiTest, ParseErrorsPointAtTheColumn) {
  const HttpReply reply = Fetch("POST", "/api/v1/query", "query=sum(m");
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(Json::parse(reply.body)["error"].get<std::string>().find("1:4: parse error"), std::string::npos)
      << reply.body;
}

TEST_F(QueryApiTest, AnswersRanges) {
  const HttpReply reply =
      Fetch("POST", "/api/v1/query_range", "query=quantile([0.5,1],m[10s])&start=100&end=120&step=10");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(fan_out_.last_request.count(), 3u);
  const Json data = Json::parse(reply.body)["data"];
  EXPECT_EQ(data["resultType"], "matrix");
  EXPECT_EQ(data["result"], Json::parse(R"([
      {"metric": {"quantile": "0.5"}, "values": [[100, "2"], [110, "2"], [120, "2"]]},
      {"metric": {"quantile": "1"}, "values": [[100, "3"], [110, "3"], [120, "3"]]}])"));
}

TEST_F(QueryApiTest, DistributionsAreShownAsNativeHistograms) {
  const Json data = Json::parse(Fetch("GET", "/api/v1/query?query=increase(m%5B10s%5D)&time=100").body)["data"];
  const Json histogram = data["result"][0]["histogram"];
  EXPECT_EQ(histogram[0], 100);
  EXPECT_EQ(histogram[1]["count"], "3");
  EXPECT_EQ(histogram[1]["sum"], "6");
  double counted = 0;
  for (const Json& bucket : histogram[1]["buckets"]) counted += std::stod(bucket[3].get<std::string>());
  EXPECT_EQ(counted, 3);
}

TEST_F(QueryApiTest, RefusesRangesThatMakeNoSense) {
  for (const char* form : {"query=m&start=1&end=2", "query=m&start=2&end=1&step=1", "query=m&end=1&step=1"}) {
    EXPECT_EQ(Fetch("POST", "/api/v1/query_range", form).status, 400) << form;
  }
  const HttpReply reply = Fetch("POST", "/api/v1/query_range", "query=m&start=0&end=100000&step=1");
  EXPECT_EQ(reply.status, 422);
  EXPECT_NE(reply.body.find("11000"), std::string::npos) << reply.body;
}

TEST_F(QueryApiTest, ListsLabelsValuesAndSeries) {
  EXPECT_EQ(Json::parse(Fetch("GET", "/api/v1/labels?match%5B%5D=m").body)["data"], Json({"a", "b"}));
  EXPECT_EQ(fan_out_.last_listing.any_of(0).matchers(0).value(), "m");
  EXPECT_EQ(fan_out_.last_listing.to_unix_ms() - fan_out_.last_listing.from_unix_ms(), 3'600'000);
  EXPECT_EQ(Json::parse(Fetch("GET", "/api/v1/label/U__a_2e_b__c/values?limit=1").body),
            Json::parse(R"({"status": "success", "data": ["a"], "warnings": ["results truncated due to limit"]})"));
  EXPECT_EQ(fan_out_.last_listing.label(), "a.b_c");
  EXPECT_EQ(Json::parse(Fetch("POST", "/api/v1/series", "match[]={host=\"x\"}").body)["data"],
            Json::parse(R"([{"__name__": "hits", "host": "x"}, {"__name__": "wait", "host": "x"}])"));
  EXPECT_EQ(Fetch("GET", "/api/v1/series").status, 400);
  EXPECT_EQ(Fetch("GET", "/api/v1/label//values").status, 404);
}

TEST_F(QueryApiTest, TellsTypesAndCardinality) {
  EXPECT_EQ(Json::parse(Fetch("GET", "/api/v1/metadata").body)["data"], Json::parse(R"({
      "hits": [{"type": "counter", "help": "", "unit": ""}], "wait": [{"type": "histogram", "help": "", "unit": ""}]})"));
  const Json data = Json::parse(Fetch("GET", "/api/v1/status/tsdb").body)["data"];
  EXPECT_EQ(data["headStats"]["numSeries"], 2);
  EXPECT_EQ(data["seriesCountByMetricName"],
            Json::parse(R"([{"name": "hits", "value": 1}, {"name": "wait", "value": 1}])"));
  EXPECT_EQ(data["labelValueCountByLabelName"],
            Json::parse(R"([{"name": "__name__", "value": 2}, {"name": "host", "value": 1}])"));
}

TEST_F(QueryApiTest, HasNoRulesAndNoExemplars) {
  EXPECT_EQ(Json::parse(Fetch("GET", "/api/v1/rules").body)["data"]["groups"], Json::array());
  EXPECT_EQ(Json::parse(Fetch("POST", "/api/v1/query_exemplars", "query=m").body)["data"], Json::array());
}

TEST_F(QueryApiTest, SaysInTheEnvelopeThatNoGlobalAnswered) {
  fan_out_.status = absl::DeadlineExceededError("Deadline Exceeded");
  const HttpReply reply = Fetch("POST", "/api/v1/query", "query=quantile(0.5,m[5m])");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(Json::parse(reply.body), Json({{"status", "error"},
                                           {"errorType", "timeout"},
                                           {"error", "no global answered: g0 (10.0.0.1:8127): Deadline Exceeded"}}));
}

TEST_F(QueryApiTest, QueriesAndListingsWithoutAPlaceAreToldToAskAgain) {
  Telemetry telemetry;
  QueryRunner full(fan_out_, [this] { return globals_; }, clock_, telemetry, {.max_concurrent = 0});
  const absl::Status busy = absl::UnavailableError("more than 0 queries at once (query.max_concurrent); ask again");
  EXPECT_EQ(full.Instant("1", clock_.Now(), std::nullopt).status(), busy);
  EXPECT_EQ(full.List({}).status(), busy);
  EXPECT_EQ(full.Read({}, false).status(), busy);
  EXPECT_EQ(full.Instant("1", clock_.Now(), std::nullopt).status(), busy);  // and nobody keeps a place
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
    const HttpReply reply = Fetch(method, "/api/v1/targets", method[0] == 'P' ? "query=1" : "");
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(Json::parse(reply.body), Json({{"status", "error"},
                                             {"errorType", "not_found"},
                                             {"error", "/api/v1/targets is not served; docs/query.md lists what is"}}));
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
