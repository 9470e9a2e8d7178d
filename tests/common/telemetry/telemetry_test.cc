#include "common/telemetry/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/common/telemetry/metric_text.h"

namespace tributary {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(TelemetryTest, TheTextIsPrometheusFormat) {
  Telemetry telemetry;
  telemetry.AddCounter("tributary_lines_total", "Lines.").Increment(3);
  telemetry.AddGauge("tributary_depth", "Depth.", {{"queue", "a"}}).Set(1.5);
  Histogram& seconds = telemetry.AddHistogram("tributary_seconds", "Time.", {0.1, 1});
  seconds.Observe(0.05);
  seconds.Observe(0.5);
  seconds.Observe(7);
  EXPECT_EQ(telemetry.Serialize(),
            "# HELP tributary_depth Depth.\n"
            "# TYPE tributary_depth gauge\n"
            "tributary_depth{queue=\"a\"} 1.5\n"
            "# HELP tributary_lines_total Lines.\n"
            "# TYPE tributary_lines_total counter\n"
            "tributary_lines_total 3\n"
            "# HELP tributary_seconds Time.\n"
            "# TYPE tributary_seconds histogram\n"
            "tributary_seconds_count 3\n"
            "tributary_seconds_sum 7.55\n"
            "tributary_seconds_bucket{le=\"0.1\"} 1\n"
            "tributary_seconds_bucket{le=\"1\"} 2\n"
            "tributary_seconds_bucket{le=\"+Inf\"} 3\n");
}

TEST(TelemetryTest, LabelValuesAreEscaped) {
  Telemetry telemetry;
  telemetry.AddCounter("tributary_a_total", "A.", {{"path", "a\"b\\c\nd"}});
  EXPECT_THAT(ReadMetricText(telemetry.Serialize()), ElementsAre(Pair(R"(tributary_a_total{path="a\"b\\c\nd"})", 0)));
}

TEST(TelemetryTest, TheSameNameAndLabelsAreTheSameCell) {
  Telemetry telemetry;
  Counter& one = telemetry.AddCounter("tributary_a_total", "A.", {{"x", "1"}, {"y", "2"}});
  Counter& other_order = telemetry.AddCounter("tributary_a_total", "A.", {{"y", "2"}, {"x", "1"}});
  Counter& other = telemetry.AddCounter("tributary_a_total", "A.", {{"x", "2"}, {"y", "2"}});
  EXPECT_EQ(&one, &other_order);
  EXPECT_NE(&one, &other);
}

TEST(TelemetryTest, DropsAreOneFamilyByReason) {
  Telemetry telemetry;
  telemetry.AddDropCounter("tributary_dropped_total", "Samples lost.", "too_long").Increment(2);
  telemetry.AddDropCounter("tributary_dropped_total", "Samples lost.", "bad_value").Increment();
  EXPECT_THAT(ReadMetricText(telemetry.Serialize()),
              ElementsAre(Pair("tributary_dropped_total{reason=\"bad_value\"}", 1),
                          Pair("tributary_dropped_total{reason=\"too_long\"}", 2)));
}

TEST(TelemetryTest, CountsFromThreadsAddUpWhileOthersRead) {
  Telemetry telemetry;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    double last = 0;
    while (!done) {
      const auto samples = ReadMetricText(telemetry.Serialize());
      const auto total = samples.find("tributary_a_total");
      if (total == samples.end()) continue;
      EXPECT_GE(total->second, last);
      last = total->second;
    }
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&telemetry, t] {
      Counter& shared = telemetry.AddCounter("tributary_a_total", "A.");
      Counter& own = telemetry.AddCounter("tributary_b_total", "B.", {{"shard", absl::StrCat(t)}});
      for (int i = 0; i < 10'000; ++i) {
        shared.Increment();
        own.Increment(2);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  EXPECT_THAT(
      ReadMetricText(telemetry.Serialize()),
      ElementsAre(Pair("tributary_a_total", 40'000), Pair("tributary_b_total{shard=\"0\"}", 20'000),
                  Pair("tributary_b_total{shard=\"1\"}", 20'000), Pair("tributary_b_total{shard=\"2\"}", 20'000),
                  Pair("tributary_b_total{shard=\"3\"}", 20'000)));
}

TEST(TelemetryTest, ReadingsAreTakenAtEachSerialisation) {
  Telemetry telemetry;
  int depth = 1;
  const auto reading =
      telemetry.AddReading(Telemetry::Kind::kGauge, "tributary_depth", "Depth.", {}, [&] { return depth; });
  EXPECT_THAT(ReadMetricText(telemetry.Serialize()), Contains(Pair("tributary_depth", 1)));
  depth = 7;
  EXPECT_THAT(ReadMetricText(telemetry.Serialize()), Contains(Pair("tributary_depth", 7)));
}

TEST(TelemetryTest, AReadingEndsWithItsOwner) {
  Telemetry telemetry;
  const auto add = [&](double value) {
    return telemetry.AddReading(Telemetry::Kind::kCounter, "tributary_a_total", "A.", {}, [value] { return value; });
  };
  {
    Telemetry::Reading first = add(1);
    const Telemetry::Reading moved = std::move(first);
    EXPECT_THAT(ReadMetricText(telemetry.Serialize()), ElementsAre(Pair("tributary_a_total", 1)));
  }
  EXPECT_THAT(telemetry.Serialize(), IsEmpty());
  Telemetry::Reading replaced = add(2);
  replaced = Telemetry::Reading();
  EXPECT_THAT(telemetry.Serialize(), IsEmpty());
}

TEST(TelemetryDeathTest, NamesAreUsedForOneThing) {
  Telemetry telemetry;
  telemetry.AddCounter("tributary_a_total", "A.");
  telemetry.AddHistogram("tributary_h", "H.", {1, 2});
  EXPECT_DEATH(telemetry.AddGauge("tributary_a_total", "A."), "family.kind == kind");
  EXPECT_DEATH(telemetry.AddCounter("tributary_a_total", "B."), "family.help == help");
  EXPECT_DEATH(telemetry.AddHistogram("tributary_h", "H.", {1, 3}), "bounds");
  EXPECT_DEATH(telemetry.AddCounter("tributary-a", "A."), "CheckMetricName");
  EXPECT_DEATH(telemetry.AddCounter("tributary_b_total", "A.", {{"a-b", "c"}}), "CheckLabelName");
}

TEST(TelemetryTest, AFamilyYieldsOtherLabelsEachTime) {
  Telemetry telemetry;
  std::vector<Telemetry::LabelledValue> values;
  Telemetry::Reading reading =
      telemetry.AddFamily(Telemetry::Kind::kGauge, "tributary_metric_series", "Series.", [&values] { return values; });
  EXPECT_EQ(telemetry.Serialize(), "");
  values = {{{{"metric", "a"}}, 3}, {{{"metric", "b"}}, 2}};
  EXPECT_THAT(ReadMetricText(telemetry.Serialize()), ElementsAre(Pair(R"(tributary_metric_series{metric="a"})", 3),
                                                                 Pair(R"(tributary_metric_series{metric="b"})", 2)));
  values = {{{{"metric", "c"}}, 1}};
  EXPECT_THAT(ReadMetricText(telemetry.Serialize()), ElementsAre(Pair(R"(tributary_metric_series{metric="c"})", 1)));
  reading = Telemetry::Reading();
  EXPECT_EQ(telemetry.Serialize(), "");
}

TEST(TelemetryTest, TellsTheValuesOfAFamily) {
  Telemetry telemetry;
  telemetry.AddDropCounter("tributary_dropped_total", "Dropped.", "rule").Increment(3);
  telemetry.AddDropCounter("tributary_dropped_total", "Dropped.", "quota").Increment(4);
  const auto values = telemetry.Values("tributary_dropped_total");
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0].labels, (Telemetry::Labels{{"reason", "quota"}}));
  EXPECT_EQ(values[0].value, 4);
  EXPECT_EQ(values[1].value, 3);
  EXPECT_THAT(telemetry.Values("tributary_unknown_total"), IsEmpty());
}

}  // namespace
}  // namespace tributary
