#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "common/sink/labels.h"
#include "common/sink/statistics.h"

namespace tributary {

// How a storage wants series named; docs/derived-names.md is the table.
enum class Naming : uint8_t {
  kPrometheus,  // m{quantile="0.999"}, m_count, counters m_total; names and labels mapped to Prometheus's alphabet
  kDotted,      // m.p99.9, m.count; names and tags as the client sent them
  kVeneur,      // m.99percentile, m.count; as kDotted otherwise
};

// How counters, and counts and sums of distributions, are told.
enum class CounterForm : uint8_t {
  kCumulative,  // running totals, as Prometheus's rate() and increase() want them; kPrometheus only
  kInterval,    // what the interval added
};

struct PointOptions {
  Naming naming = Naming::kPrometheus;
  CounterForm counters = CounterForm::kCumulative;
  StatisticOptions statistics;
  Labels labels;  // further ones on every point; a tag of the same key wins
};

// One number of one series at one time, ready for a storage that knows no sketches.
struct Point {
  std::string name;
  Labels labels;  // kPrometheus: PrometheusLabels; otherwise JoinedTags
  double value = 0;
  int64_t unix_ms = 0;  // the interval's end, but for the zero before a new running total
};

// Every derived name comes from here. The points of one series are in time order.
//
// Totals:   kCumulative tells Row::total, and with the first row of a total a zero 1 ms after the interval's start, so
//           that increase() sees all of it. Nothing is told of a counter without a total.
// Flags:    a partial row has tributary_partial="1" and no percentiles, a late one tributary_late="1". Neither tells
//           totals, since they are no part of the main series: they tell what their interval added, and the next total
//           of the main series contains it.
// Coverage: a distribution closed with coverage < 1 comes with tributary_coverage_ratio{metric="<name>", <labels>}.
std::vector<Point> PointsOf(const Row& row, const IntervalScale& scale, const PointOptions& options);

}  // namespace tributary
