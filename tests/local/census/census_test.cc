#include "local/census/census.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/net/http_client.h"
#include "local/census/top_page.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

size_t CountOf(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

class CensusTest : public ::testing::Test {
 protected:
  static constexpr IntervalIndex kInterval = 100'000'000;  // ends at 1,000,000,010

  IntervalActivity Activity(const std::string& name, uint64_t samples) {
    auto series = std::make_shared<Series>();
    series->key = {name, {"region:eu", "user:1"}, MetricType::kTimer};
    IntervalActivity activity;
    activity.interval = kInterval;
    activity.series.push_back({std::move(series), samples});
    Client client;
    client.peer = Peer::OfProcess(::getpid(), 0);
    client.packets = 2;
    client.bytes = 64;
    client.lines = 5;
    client.lines_rejected = 1;
    client.samples = samples;
    client.series = 3;
    client.series_folded = 1;
    activity.shards = {{{client}, {{name, client.peer, FoldReason::kMetricLimit, 4}}}};
    return activity;
  }
  Json Top(size_t limit = 20) { return Json::parse(TopJson(*census_.Latest(), limit)); }

  ManualClock clock_{absl::FromUnixSeconds(1'000'000'000)};
  Telemetry telemetry_;
  SeriesLimiter limiter_{LimitsConfig(), clock_};
  Census census_{IntervalScale(absl::Seconds(10)), limiter_, clock_, telemetry_};
};

TEST_F(CensusTest, IsEmptyBeforeAnIntervalIsOver) {
  const Json top = Top();
  EXPECT_EQ(top["interval_end"], 0);
  EXPECT_TRUE(top["busiest"].empty());
  EXPECT_TRUE(top["clients"].empty());
}

TEST_F(CensusTest, TellsWhoWasBehindTheLastInterval) {
  census_.OnActivity(Activity("api.latency", 50));
  const Json top = Top();
  EXPECT_EQ(top["interval_seconds"], 10);
  EXPECT_EQ(top["interval_end"], 1'000'000'010);
  EXPECT_EQ(top["samples_per_second"], 5);
  EXPECT_EQ(top["series_limit"], 200'000);
  EXPECT_EQ(top["busiest"], Json::parse(R"([{"series":"api.latency{region:eu,user:1}","type":"timer","scope":"global",
                                             "samples":50}])"));
  EXPECT_EQ(top["metrics"], Json::parse(R"([{"name":"api.latency","series":1,"samples":50}])"));
  EXPECT_EQ(top["tags"].size(), 2u);
  const Json client = top["clients"].at(0);
  EXPECT_THAT(client["client"].get<std::string>(), StartsWith(absl::StrCat("pid ", ::getpid(), " (")));
  EXPECT_EQ(client["samples"], 50);
  EXPECT_EQ(client["lines_rejected"], 1);
  EXPECT_EQ(client["datagrams"], 2);
  EXPECT_EQ(client["bytes"], 64);
  EXPECT_EQ(client["series"], 3);
  EXPECT_EQ(client["series_folded"], 1);
  const Json fold = top["folded"].at(0);
  EXPECT_EQ(fold["metric"], "api.latency");
  EXPECT_EQ(fold["client"], client["client"]);
  EXPECT_EQ(fold["reason"], "metric_limit");
  EXPECT_EQ(fold["samples"], 4);
}

TEST_F(CensusTest, TellsHowLossesHaveChangedSinceTheLastInterval) {
  Counter& late = telemetry_.AddDropCounter("tributary_local_samples_dropped_total", "Dropped.", "late_limit");
  Counter& bad = telemetry_.AddDropCounter("tributary_local_lines_rejected_total", "Rejected.", "bad_value");
  Counter& kernel = telemetry_.AddCounter("tributary_local_kernel_drops_total", "Lost.", {{"listener", "udp://:1"}});
  late.Increment(5);
  census_.OnActivity(Activity("a", 1));
  EXPECT_EQ(Top()["dropped"], Json::parse(R"([{"reason":"late_limit","samples":5}])"));
  late.Increment(2);
  bad.Increment(3);
  kernel.Increment(4);
  census_.OnActivity(Activity("a", 1));
  EXPECT_EQ(Top()["dropped"], Json::parse(R"([{"reason":"late_limit","samples":2}])"));
  EXPECT_EQ(Top()["rejected"], Json::parse(R"([{"reason":"bad_value","lines":3}])"));
  EXPECT_EQ(Top()["kernel_drops"], 4);
}

TEST_F(CensusTest, GivesNoMoreThanIsAskedFor) {
  IntervalActivity activity = Activity("a", 1);
  for (int i = 0; i < 50; ++i) activity.series.push_back(Activity(absl::StrCat("n", i), 1).series.front());
  census_.OnActivity(std::move(activity));
  EXPECT_EQ(Top(7)["busiest"].size(), 7u);
  EXPECT_EQ(Top(7)["metrics"].size(), 7u);
}

TEST_F(CensusTest, IsJsonWhateverClientsSend) {
  census_.OnActivity(Activity("a\xff\"\\\x01\n{}", 1));
  EXPECT_EQ(Top()["metrics"].at(0)["samples"], 1);
}

TEST_F(CensusTest, NamesTheWorstInTheMetricsAndForgetsThem) {
  census_.OnActivity(Activity("old", 50));
  EXPECT_THAT(telemetry_.Serialize(), HasSubstr("tributary_local_metric_series{metric=\"old\"} 1"));
  EXPECT_THAT(telemetry_.Serialize(), HasSubstr("tributary_local_tag_values{tag=\"user\"} 1"));
  EXPECT_THAT(telemetry_.Serialize(),
              HasSubstr(absl::StrCat("tributary_local_client_samples{client=\"pid ", ::getpid())));
  EXPECT_THAT(telemetry_.Serialize(), ContainsRegex(absl::StrCat("tributary_local_client_series\\{client=\"pid ",
                                                                 ::getpid(), "[^\"]*\"\\} 3\n")));
  const std::string fold = absl::StrCat("tributary_local_folded_samples\\{metric=\"old\",client=\"pid ", ::getpid(),
                                        "[^\"]*\",reason=\"metric_limit\"\\} 4\n");
  EXPECT_THAT(telemetry_.Serialize(), ContainsRegex(fold));
  IntervalActivity many = Activity("new0", 1);
  for (int i = 1; i < 50; ++i) many.series.push_back(Activity(absl::StrCat("new", i), 1).series.front());
  census_.OnActivity(std::move(many));
  const std::string text = telemetry_.Serialize();
  EXPECT_THAT(text, Not(HasSubstr("\"old\"")));
  EXPECT_EQ(CountOf(text, "metric_series{"), 10u);
}

TEST_F(CensusTest, NamesTheTenClientsWithMostSeriesAndFoldsHoweverFewTheirSamples) {
  IntervalActivity activity = Activity("a", 1);
  ShardActivity& shard = activity.shards.front();
  shard = {};
  for (uint32_t i = 1; i <= 2000; ++i) {  // more than are ranked by samples; the first has the fewest, and most series
    Client client;
    client.peer = Peer::OfProcess(static_cast<int>(i), 0);
    client.samples = i;
    client.series = i == 1 ? 500 : 1;
    shard.clients.push_back(client);
    shard.folds.push_back({absl::StrCat("m", i), client.peer, FoldReason::kValueLimit, i});
  }
  census_.OnActivity(std::move(activity));
  const std::string text = telemetry_.Serialize();
  EXPECT_THAT(text, ContainsRegex("tributary_local_client_series\\{client=\"pid 1( [^\"]*)?\"\\} 500\n"));
  EXPECT_THAT(
      text,
      ContainsRegex("folded_samples\\{metric=\"m2000\",client=\"pid 2000[^\"]*\",reason=\"value_limit\"\\} 2000\n"));
  EXPECT_EQ(CountOf(text, "\ntributary_local_client_series{"), 10u);
  EXPECT_EQ(CountOf(text, "\ntributary_local_folded_samples{"), 10u);
}

TEST_F(CensusTest, ServesThePage) {
  census_.OnActivity(Activity("a", 1));
  HttpServer server({});
  AddTopPage(server, census_);
  ASSERT_TRUE(server.Start().ok());
  HttpClient client;
  const auto fetch = [&](absl::string_view parameters) {
    return *client.Fetch({.url = absl::StrCat("http://127.0.0.1:", server.port(), "/api/v1/top", parameters)});
  };
  EXPECT_EQ(Json::parse(fetch("?limit=1").body)["tags"].size(), 1u);
  EXPECT_EQ(Json::parse(fetch("").body)["tags"].size(), 2u);
  EXPECT_EQ(fetch("?limit=0").status, 400);
  EXPECT_EQ(fetch("?limit=many").status, 400);
  server.Stop();
}

}  // namespace
}  // namespace tributary
