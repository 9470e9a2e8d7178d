#include "proxy/http/audit_api.h"

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/net/http_client.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using Json = nlohmann::json;

// One global that has committed 9 of the 10 samples of each interval it is asked for.
class FakeInspector : public Inspector {
 public:
  std::vector<GlobalState> Inspect(const std::vector<Member>& globals, const v1::InspectRequest& request,
                                   absl::Duration) override {
    std::vector<GlobalState> states(1);
    states[0].global = globals[0];
    for (uint32_t n = 0; n < request.audit_intervals(); ++n) {
      v1::IntervalShares& interval = *states[0].state.add_audit();
      interval.set_interval(100 + n);
      v1::Share& share = *interval.add_shares();
      share.set_instance(std::string(16, '\xab'));
      share.set_announced(10);
      share.set_committed(9);
    }
    return states;
  }
};

class AuditApiTest : public ::testing::Test {
 protected:
  AuditApiTest() {
    RegisterAuditApi(server_, inspection_);
    TRIBUTARY_CHECK(server_.Start().ok());
  }
  HttpReply Fetch(const std::string& parameters) {
    HttpFetch fetch;
    fetch.method = "GET";
    fetch.url = absl::StrCat("http://127.0.0.1:", server_.port(), "/api/v1/status/audit", parameters);
    const auto reply = client_.Fetch(fetch);
    TRIBUTARY_CHECK(reply.ok());
    return *reply;
  }

  FakeInspector inspector_;
  ManualClock clock_{absl::FromUnixMillis(1'001'500)};
  ClusterInspection inspection_{inspector_,
                                [] {
                                  return ClusterView{.effective_from = 90, .owners = {{{"g0", "10.0.0.1:1", 1}}}};
                                },
                                clock_,
                                {.cluster = "eu1", .interval = absl::Seconds(10)}};
  HttpServer server_{HttpServer::Options()};
  HttpClient client_;
};

TEST_F(AuditApiTest, TellsIntervalsAndWhoIsOff) {
  const HttpReply reply = Fetch("?intervals=2");
  ASSERT_EQ(reply.status, 200);
  const Json data = Json::parse(reply.body).at("data");
  EXPECT_EQ(data.at("cluster"), "eu1");
  EXPECT_EQ(data.at("now"), 1001.5);
  EXPECT_EQ(data.at("globals"), 1);
  EXPECT_EQ(data.at("globals_heard"), 1);
  EXPECT_EQ(data.at("balanced"), false);
  EXPECT_EQ(data.at("problems"), Json({"2 samples are missing"}));
  EXPECT_EQ(data.at("samples").at("announced"), 20);
  ASSERT_EQ(data.at("intervals").size(), 2u);
  EXPECT_EQ(data.at("intervals")[0].at("end"), 1010);
  EXPECT_EQ(data.at("intervals")[0].at("agents"), 1);
  EXPECT_EQ(data.at("intervals")[0].at("samples").at("missing"), 1);
  EXPECT_EQ(data.at("off")[0].at("instance"), "abababababababababababababababab");
}

TEST_F(AuditApiTest, TwelveIntervalsUnlessTold) {
  EXPECT_EQ(Json::parse(Fetch("").body).at("data").at("intervals").size(), 12u);
}

TEST_F(AuditApiTest, AnotherNumberIsRefused) {
  for (const char* bad : {"?intervals=0", "?intervals=61", "?intervals=x"}) EXPECT_EQ(Fetch(bad).status, 400) << bad;
}

}  // namespace
}  // namespace tributary
