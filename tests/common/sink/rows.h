#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/aggregate/row.h"
#include "common/base/check.h"
#include "common/base/interval.h"

namespace tributary {

// Interval 100 of ten seconds is [1000 s, 1010 s).
inline IntervalScale TenSeconds() { return IntervalScale(absl::Seconds(10)); }

inline Row MakeRow(MetricType type, std::string name, std::vector<std::string> tags = {},
                   IntervalIndex interval = 100) {
  SeriesKey key{std::move(name), std::move(tags), type};
  key.Canonicalise();
  Row row;
  row.key = std::move(key);
  row.interval = interval;
  row.contributors = 1;
  row.value = MakeAggregate(type);
  return row;
}

// `total` is what the series had counted before this interval; below zero: it starts here.
inline Row CounterRow(std::string name, double value, double before = -1, std::vector<std::string> tags = {},
                      IntervalIndex interval = 100) {
  Row row = MakeRow(MetricType::kCounter, std::move(name), std::move(tags), interval);
  TRIBUTARY_CHECK(std::get<CounterAggregate>(row.value).Add(value, 1));
  row.total.emplace();
  row.total->count = Fixed128::FromDouble(value + (before < 0 ? 0 : before));
  row.total->since = before < 0 ? interval : interval - 1;
  return row;
}

inline Row GaugeRow(std::string name, const std::vector<double>& values, std::vector<std::string> tags = {},
                    IntervalIndex interval = 100) {
  Row row = MakeRow(MetricType::kGauge, std::move(name), std::move(tags), interval);
  int64_t unix_ns = 0;
  for (const double value : values) {
    TRIBUTARY_CHECK(std::get<GaugeAggregate>(row.value).Add(value, ++unix_ns, InstanceId()));
  }
  return row;
}

inline Event MakeEvent(std::string title, std::vector<std::string> tags = {}) {
  Event event;
  event.title = std::move(title);
  event.tags = std::move(tags);
  return event;
}

// The running total goes on from one earlier sample of 1000.
inline Row TimerRow(std::string name, const std::vector<double>& values, std::vector<std::string> tags = {},
                    IntervalIndex interval = 100) {
  Row row = MakeRow(MetricType::kTimer, std::move(name), std::move(tags), interval);
  auto& distribution = std::get<DistributionAggregate>(row.value);
  row.total.emplace();
  row.total->count = Fixed128::FromDouble(1 + static_cast<double>(values.size()));
  row.total->sum = Fixed192::FromDouble(1000);
  row.total->since = interval - 1;
  for (const double value : values) {
    TRIBUTARY_CHECK(distribution.Add(value, 1));
    row.total->sum += Fixed192::FromDouble(value);
  }
  return row;
}

}  // namespace tributary
