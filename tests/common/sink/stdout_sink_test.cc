#include "common/sink/stdout_sink.h"

#include <sstream>

#include "gtest/gtest.h"
#include "tests/common/sink/rows.h"

namespace tributary {
namespace {

std::string Printed(const Row& row, StdoutSink::Options options) {
  options.points.statistics.percentiles = {0.99};
  options.points.statistics.aggregates = {Statistic::kCount};
  std::ostringstream out;
  StdoutSink sink(out, std::move(options), TenSeconds());
  EXPECT_EQ(sink.Write({row}).delivered, 1u);
  return out.str();
}

TEST(StdoutSinkTest, TextIsALineForPeople) {
  Row row = TimerRow("api.latency", {7, 7}, {"env:prod", "canary"});
  row.coverage = 0.5;
  EXPECT_EQ(Printed(row, {}),
            "1970-01-01T00:16:50+00:00 timer api.latency [canary,env:prod] count=2 p99=7 coverage=0.5\n");
}

TEST(StdoutSinkTest, FlagsAreTold) {
  Row row = TimerRow("t", {7, 7});
  row.partial = row.late = true;
  EXPECT_EQ(Printed(row, {}), "1970-01-01T00:16:50+00:00 timer t [] count=2 partial late\n");
}

TEST(StdoutSinkTest, PointsHaveTheNamesThatAreAskedFor) {
  StdoutSink::Options options;
  options.format = StdoutSink::Format::kPoints;
  options.points.naming = Naming::kVeneur;
  EXPECT_EQ(Printed(TimerRow("t", {7, 7}, {"a:b"}), options),
            "1970-01-01T00:16:50+00:00 t.count [a:b] 2\n"
            "1970-01-01T00:16:50+00:00 t.99percentile [a:b] 7\n");
}

TEST(StdoutSinkTest, JsonIsTheRow) {
  const std::string printed = Printed(GaugeRow("g", {1}), {.format = StdoutSink::Format::kJson, .points = {}});
  EXPECT_EQ(printed.substr(0, 26), R"({"name":"g","type":"gauge")");
  EXPECT_EQ(printed.back(), '\n');
}

TEST(StdoutSinkTest, EventIsALine) {
  Event event = MakeEvent("deployed\x1b", {"env:prod"});
  event.text = "v2\nis out";
  event.unix_ns = 1'000'000'000;
  std::ostringstream out;
  StdoutSink sink(out, {}, TenSeconds());
  EXPECT_TRUE(sink.WriteEvents({event}).ok());
  EXPECT_EQ(out.str(),
            "1970-01-01T00:00:01+00:00 event deployed\\x1b [env:prod] text=\"v2\\nis out\" alert_type=info "
            "priority=normal\n");
}

TEST(StdoutSinkTest, PointsHaveNoPlaceForEvents) {
  std::ostringstream out;
  EXPECT_FALSE(StdoutSink(out, {.format = StdoutSink::Format::kPoints, .points = {}}, TenSeconds()).takes_events());
}

TEST(StdoutSinkTest, ControlBytesNeverReachTheTerminal) {
  const std::string printed = Printed(GaugeRow("\x1b[2J", {1}, {"\x07"}), {});
  EXPECT_EQ(printed, "1970-01-01T00:16:50+00:00 gauge \\x1b[2J [\\x07] value=1\n");
}

TEST(StdoutSinkTest, StreamThatFailsIsForLater) {
  std::ostringstream out;
  StdoutSink sink(out, {}, TenSeconds());
  out.setstate(std::ios::badbit);
  EXPECT_FALSE(sink.Write({GaugeRow("g", {1})}).status.ok());
  EXPECT_EQ(sink.Write({GaugeRow("g", {1})}).delivered, 1u);
}

}  // namespace
}  // namespace tributary
