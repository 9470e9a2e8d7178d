#include "common/telemetry/admin_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/net/http_client.h"
#include "nlohmann/json.hpp"
#include "tests/common/telemetry/metric_text.h"

namespace tributary {
namespace {

using ::testing::Contains;
using ::testing::Pair;

class AdminServerTest : public ::testing::Test {
 protected:
  AdminServerTest() {
    setenv("no_proxy", "*", 1);
    EXPECT_TRUE(server_.Start().ok());
  }
  ~AdminServerTest() override { server_.Stop(); }

  HttpReply Get(absl::string_view path) {
    auto reply = client_.Fetch({.url = absl::StrCat("http://127.0.0.1:", server_.port(), path)});
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? *reply : HttpReply();
  }

  Telemetry telemetry_;
  HttpServer server_{{}};
  AdminServer admin_{server_, telemetry_, {"tributary-test", "1.2.3", [] { return "00ff"; }}};
  HttpClient client_;
};

TEST_F(AdminServerTest, MetricsAreServedAsPrometheusText) {
  telemetry_.AddCounter("tributary_a_total", "A.").Increment(7);
  const HttpReply reply = Get("/metrics");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(ReadMetricText(reply.body), Contains(Pair("tributary_a_total", 7)));
}

TEST_F(AdminServerTest, TheServerCountsItself) {
  Get("/healthz");
  Get("/missing");
  const auto samples = ReadMetricText(Get("/metrics").body);
  EXPECT_EQ(samples.at("tributary_http_connections"), 1);
  EXPECT_EQ(samples.at("tributary_http_connections_accepted_total"), 1);
  EXPECT_EQ(samples.at("tributary_http_requests_total"), 2);
  EXPECT_EQ(samples.at("tributary_http_requests_refused_total"), 1);
}

TEST_F(AdminServerTest, HealthIsServing) {
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/healthz").body, "ok\n");
}

TEST_F(AdminServerTest, HealthNeedsEveryCheckOfItsOwn) {
  admin_.AddReadyCheck("store", [] { return absl::UnavailableError("opening"); });
  EXPECT_EQ(Get("/healthz").status, 200);
  admin_.AddHealthCheck("watchdog", [] { return absl::UnavailableError("flusher has not moved for 60s"); });
  EXPECT_EQ(Get("/healthz").status, 503);
  EXPECT_EQ(Get("/healthz").body, "watchdog: flusher has not moved for 60s\n");
}

TEST_F(AdminServerTest, ReadinessNeedsEveryCheck) {
  EXPECT_EQ(Get("/readyz").status, 200);
  absl::Status store = absl::UnavailableError("opening");
  admin_.AddReadyCheck("store", [&] { return store; });
  admin_.AddReadyCheck("roster", [] { return absl::OkStatus(); });
  admin_.AddReadyCheck("view", [] { return absl::NotFoundError("no members"); });
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/readyz").body, "store: opening\nview: no members\n");
  store = absl::OkStatus();
  EXPECT_EQ(Get("/readyz").body, "view: no members\n");
}

TEST_F(AdminServerTest, TheVersionIsJson) {
  const HttpReply reply = Get("/version");
  EXPECT_EQ(reply.Header("content-type"), "application/json");
  const auto json = nlohmann::json::parse(reply.body);
  EXPECT_EQ(json["program"], "tributary-test");
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["config_digest"], "00ff");
}

}  // namespace
}  // namespace tributary
