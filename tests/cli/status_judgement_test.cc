#include <string>

#include "cli/cluster_status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tributary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What a proxy answers of a cluster that is well, but for `view` of one global.
std::string BodyWith(const std::string& view) {
  return R"({"status": "success", "data": {
    "cluster": "eu1", "interval_seconds": 10.0, "now": 1001.6,
    "view": {"effective_from": 900, "members": [
      {"id": "g0", "address": "10.0.0.1:8126", "weight": 1.0, "partitions": 4096, "connected": true}])" +
         view + R"(},
    "globals": [
      {"id": "g0", "heard": true, "error": "", "version": "1.2.3", "uptime_seconds": 11.5, "windows_open": 3,
       "committed_through": 1000.0, "lag_seconds": 1.5,
       "samples": {"received": 20, "committed": 16, "open": 4, "dropped": []},
       "balanced": true, "series": 6, "store_bytes": 7000000, "sinks": []}],
    "agents": [
      {"host": "web-1", "instance": "abababababababababababababababab", "state": "live", "last_interval": 1000,
       "samples": {"accepted": 30, "committed": 30, "local": 0, "open": 0, "pending": 0, "dropped": []},
       "balanced": true}],
    "samples": {"accepted": 30, "committed": 30, "local": 0, "open": 0, "pending": 0, "dropped": 0,
                "untold_agents": 0, "difference": 0, "balanced": true}}})";
}

TEST(StatusJudgementTest, AClusterWhoseProxyTellsNothingOfGuardsIsWell) {
  const auto status = JudgeCluster(BodyWith(""));
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_THAT(status->problems, IsEmpty());
  EXPECT_THAT(status->notes, IsEmpty());
}

TEST(StatusJudgementTest, GlobalsThatTheGuardKeepsAreAProblem) {
  const auto status = JudgeCluster(BodyWith(R"(, "guarded": ["g1", "g2"], "waiting": [])"));
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_THAT(status->problems, ElementsAre(HasSubstr("lacks g1, g2 all at once")));
}

TEST(StatusJudgementTest, GlobalsThatWaitAreNoted) {
  const auto status = JudgeCluster(BodyWith(R"(, "guarded": [], "waiting": ["g3"])"));
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_THAT(status->problems, IsEmpty());
  EXPECT_THAT(status->notes, ElementsAre(HasSubstr("g3 own nothing")));
}

}  // namespace
}  // namespace tributary
