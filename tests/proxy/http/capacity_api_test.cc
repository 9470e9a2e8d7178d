// The routes on a real HttpServer, asked by a real HttpClient; the history is made up.
#include "proxy/http/capacity_api.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/net/http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/proxy/capacity/fake_history.h"

namespace tributary {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class CapacityApiTest : public ::testing::Test {
 protected:
  CapacityApiTest() {
    ResourceSpec cpu;
    cpu.name = "cpu";
    cpu.utilization = "cpu";
    capacity_.Configure({{.name = "api", .rate = "hits", .error = "", .duration = ""}}, {cpu});
    const auto rate = [](size_t, absl::Time time, absl::Duration window) {
      return 100 * Wave(time) * absl::ToDoubleSeconds(window);
    };
    history_.metrics["hits"] = {MetricType::kCounter, {""}, rate};
    history_.metrics["hits.by_host"] = {MetricType::kCounter, {"web-0"}, rate};
    history_.metrics["cpu"] = {
        MetricType::kGauge, {"web-0"}, [](size_t, absl::Time time, absl::Duration) { return 0.3 * Wave(time); }};
    RegisterCapacityApi(server_, capacity_, /*remote_admin=*/false, telemetry_);
    TRIBUTARY_CHECK(server_.Start().ok());
  }

  HttpReply Fetch(const std::string& method, const std::string& path, const std::string& form = "",
                  const HttpHeaders& headers = {}) {
    HttpFetch fetch;
    fetch.method = method;
    fetch.url = absl::StrCat("http://127.0.0.1:", server_.port(), "/api/v1/capacity/", path);
    fetch.headers = headers;
    if (method == "POST") fetch.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    fetch.body = form;
    const auto reply = client_.Fetch(fetch);
    TRIBUTARY_CHECK(reply.ok());
    return *reply;
  }
  Json Data(const std::string& path) {
    const HttpReply reply = Fetch("GET", path);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return Json::parse(reply.body).value("data", Json());
  }
  std::string Error(int status, const std::string& path) {
    const HttpReply reply = Fetch("GET", path);
    EXPECT_EQ(reply.status, status) << path << ": " << reply.body;
    return Json::parse(reply.body).value("error", "");
  }

  FakeHistory history_;
  MemoryBook book_;
  Capacity capacity_{history_, book_};
  Telemetry telemetry_;
  HttpServer server_{HttpServer::Options()};
  HttpClient client_;
};

TEST_F(CapacityApiTest, HeadroomHasTheShapeOfTheDocs) {
  const Json data = Data("headroom?window=2d&top=5");
  EXPECT_EQ(data.at("entities"), 1);
  EXPECT_EQ(data.at("services"), Json::array({"api"}));
  const Json& row = data.at("rows").at(0);
  EXPECT_EQ(row.at("entity"), "web-0");
  EXPECT_EQ(row.at("resource"), "cpu");
  EXPECT_TRUE(row.at("bottleneck").get<bool>());
  for (const char* key : {"p50", "p95", "p99", "now", "limit", "headroom", "multiplier", "samples", "coverage"}) {
    EXPECT_TRUE(row.at(key).is_number()) << key;
  }
  EXPECT_TRUE(data.at("imbalance").is_null()) << "of one host there is none";
}

TEST_F(CapacityApiTest, ForecastHasTheShapeOfTheDocs) {
  const Json data = Data("forecast?service=api&horizon=2d&history=10d&holiday=2025-12-25");
  EXPECT_EQ(data.at("metric"), "hits");
  EXPECT_EQ(data.at("unit"), "per_second");
  EXPECT_EQ(data.at("forecast").size(), 48u);
  EXPECT_EQ(data.at("forecast").at(0).at("time"), 1'767'225'600.0);
  EXPECT_TRUE(data.at("capacity").at("load").is_number());
  size_t forgotten = 0;
  for (const Json& hour : data.at("history")) forgotten += hour.at("value").is_null() ? 1 : 0;
  EXPECT_EQ(forgotten, 24u) << "the holiday";
}

TEST_F(CapacityApiTest, LaunchHasTheShapeOfTheDocs) {
  const Json data = Data("launch?service=api&multiplier=1.2&at=2026-01-01T09:00:00Z&for=1h&ramp=10m&seed=7");
  EXPECT_EQ(data.at("verdict"), "YES") << data;
  EXPECT_EQ(data.at("seed"), 7);
  EXPECT_TRUE(data.at("load_test").is_null());
  EXPECT_EQ(data.at("checks").at(0).at("unit"), "share");
  std::string holidays;  // all that is known of the load but a day
  for (int day = 1; day <= 30; ++day) absl::StrAppend(&holidays, "&holiday=2025-12-", absl::Dec(day, absl::kZeroPad2));
  const HttpReply without = Fetch("GET", "launch?service=api&multiplier=1.2&at=2026-01-01T09:00:00Z" + holidays);
  EXPECT_NE(without.body.find("hour"), std::string::npos) << without.body;
  EXPECT_EQ(without.body.find("\"YES\""), std::string::npos) << without.body;
  const Json unknown = Data("launch?service=api&multiplier=2.5&at=2026-01-01T09:00:00Z");
  EXPECT_EQ(unknown.at("verdict"), "UNKNOWN");
  EXPECT_GT(unknown.at("load_test").at("host_load").get<double>(), 290);
}

TEST_F(CapacityApiTest, CalibrationIsKeptListedAndForgotten) {
  const std::string times = "service=api&from=2025-12-31T10:00:00Z&to=2025-12-31T10:30:00Z";
  const HttpReply kept = Fetch("POST", "calibrate", times + "&redline=true");
  ASSERT_EQ(kept.status, 200) << kept.body;
  EXPECT_EQ(Json::parse(kept.body).at("data").at("minutes"), 30);
  const Json listed = Data("calibrate").at("calibrations");
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_TRUE(listed.at(0).at("redline").get<bool>());
  EXPECT_EQ(Fetch("POST", "calibrate", times + "&remove=true").status, 200);
  EXPECT_TRUE(Data("calibrate").at("calibrations").empty());
}

// What a web page of somebody else's makes a browser send.
TEST_F(CapacityApiTest, BrowsersOfOthersMarkNothing) {
  const HttpReply reply = Fetch("POST", "calibrate", "service=api&from=1&to=2", {{"Origin", "http://evil.example"}});
  EXPECT_EQ(reply.status, 403);
}

TEST_F(CapacityApiTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(Error(400, "launch?multiplier=2&at=1"), HasSubstr("\"service\" is missing"));
  EXPECT_THAT(Error(400, "launch?service=api&at=1"), HasSubstr("\"multiplier\" is missing"));
  EXPECT_THAT(Error(400, "launch?service=api&multiplier=x&at=1"), HasSubstr("must be a number"));
  EXPECT_THAT(Error(400, "launch?service=api&multiplier=2&at=2026-02-30T00:00:00Z"), HasSubstr("RFC 3339"));
  EXPECT_THAT(Error(400, "launch?service=api&multiplier=2&at=2026-01-02T00:00:00Z&slo=p99"), HasSubstr("is no goal"));
  EXPECT_THAT(Error(400, "launch?service=api&multiplier=2&at=2026-01-02T00:00:00Z&paths=5"), HasSubstr("100 to 20000"));
  EXPECT_THAT(Error(400, "launch?service=api&multiplier=2&at=2026-01-02T00:00:00Z&replicas=-1"),
              HasSubstr("0 to 100000"));
  EXPECT_THAT(Error(404, "launch?service=apj&multiplier=2&at=2026-01-02T00:00:00Z"), HasSubstr("has api"));
  EXPECT_THAT(Error(404, "forecast?metric=hitz"), HasSubstr("no metric called \"hitz\""));
  EXPECT_THAT(Error(400, "forecast?metric=hits&horizon=400d"), HasSubstr("60 days"));
  EXPECT_THAT(Error(400, "forecast?metric=hits&holiday=christmas"), HasSubstr("a day such as"));
  EXPECT_THAT(Error(400, "headroom?target=7"), HasSubstr("target"));
  EXPECT_THAT(Error(400, "headroom?window=5s"), HasSubstr("1 minute to 180 days"));
}

}  // namespace
}  // namespace tributary
