#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/rules/rule_set.h"
#include "local/shard/shard.h"

namespace tributary {

// A shard on a clock moved by hand, at the start of an interval of 10 s.
class ShardFixture : public ::testing::Test {
 protected:
  static constexpr int64_t kStartUnixSeconds = 1'000'000'000;
  static constexpr IntervalIndex kFirstInterval = kStartUnixSeconds / 10;

  std::unique_ptr<Shard> NewShard() {
    Shard::Options options;
    options.instance = *InstanceId::FromBytes("0123456789abcdef");
    return std::make_unique<Shard>(options, kFirstInterval, environment(), clock_, ShardMetrics(telemetry_));
  }
  SeriesTable::Environment environment() {
    return {std::make_shared<const Policy>(Policy{rules_, limits_}), host_, 1, *limiter_, &levels_};
  }

  // Replaces the limits; before NewShard.
  void Limit(const LimitsConfig& limits) {
    limits_ = limits;
    limiter_ = std::make_unique<SeriesLimiter>(limits_, clock_);
  }

  static void Add(Shard& shard, MetricType type, absl::string_view name, absl::string_view tags,
                  std::vector<double> values, double weight = 1, int64_t unix_seconds = 0) {
    Sample sample;
    sample.type = type;
    sample.name = name;
    sample.tags = tags;
    sample.values = values;
    sample.weight = weight;
    sample.unix_seconds = unix_seconds;
    shard.Add(sample);
  }
  static void AddDelta(Shard& shard, absl::string_view name, double delta) {
    Sample sample;
    sample.type = MetricType::kGauge;
    sample.name = name;
    sample.values = absl::MakeConstSpan(&delta, 1);
    sample.delta = true;
    shard.Add(sample);
  }

  // What the shard has, with `next` open from now on.
  static ShardWindows Take(Shard& shard, IntervalIndex next) {
    shard.RequestWindows(next);
    shard.EndBatch();
    std::vector<ShardWindows> taken = shard.TakeWindows(absl::ZeroDuration());
    EXPECT_EQ(taken.size(), 1u);
    return std::move(taken.front());
  }
  static ShardWindows Take(Shard& shard) { return Take(shard, kFirstInterval + 1); }

  // "global api.latency #a:1,b:2"
  static std::string Describe(const Series& series) {
    return absl::StrCat(ScopeName(series.scope), " ", series.key.name, " #", absl::StrJoin(series.key.tags, ","));
  }
  static std::vector<std::string> Names(const Window& window) {
    std::vector<std::string> names;
    for (const Window::Entry& entry : window.entries) names.push_back(Describe(*entry.series));
    return names;
  }
  static double CounterTotal(const Window& window) {
    double total = 0;
    for (const Window::Entry& entry : window.entries) total += std::get<CounterAggregate>(entry.value).total.ToDouble();
    return total;
  }

  uint64_t Accepted() { return ShardMetrics(telemetry_).accepted.value(); }
  uint64_t Dropped(DropReason reason) { return ShardMetrics(telemetry_).dropped[static_cast<size_t>(reason)]->value(); }
  uint64_t Folded(FoldReason reason) { return ShardMetrics(telemetry_).folded[static_cast<size_t>(reason)]->value(); }

  RuleSet rules_;
  const std::string host_ = "web-1";
  LimitsConfig limits_;
  ManualClock clock_{absl::FromUnixSeconds(kStartUnixSeconds)};
  Telemetry telemetry_;
  std::unique_ptr<SeriesLimiter> limiter_ = std::make_unique<SeriesLimiter>(limits_, clock_);
  GaugeLevels levels_{1000};
};

}  // namespace tributary
