#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "common/sink/labels.h"
#include "common/sink/statistics.h"
#include "common/sketch/exponential_histogram.h"

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

// How distributions are told beside their statistics, so that percentiles over any time and grouping can be asked of a
// storage that knows no sketches. kPrometheus only.
enum class HistogramForm : uint8_t {
  kNone,
  kNative,   // m, a native histogram: Prometheus, Mimir
  kVmrange,  // m_bucket{vmrange="1.000e-01...1.136e-01"}: VictoriaMetrics
};

struct PointOptions {
  Naming naming = Naming::kPrometheus;
  CounterForm counters = CounterForm::kCumulative;
  HistogramForm histograms = HistogramForm::kNone;
  int histogram_schema = 4;  // the finest of native ones: neighbouring bounds are 2^(2^-schema) apart, 4.4 %
  StatisticOptions statistics;
  Labels labels;  // further ones on every point; a tag of the same key wins
};

// One number, or histogram, of one series at one time, ready for a storage that knows no sketches.
struct Point {
  std::string name;
  Labels labels;  // kPrometheus: PrometheusLabels; otherwise JoinedTags
  double value = 0;
  int64_t unix_ms = 0;  // the interval's end, but for the zero before a new running total
  std::shared_ptr<const ExponentialHistogram> histogram = nullptr;  // instead of the value
};

// Every derived name comes from here. The points of one series are in time order.
//
// Totals:   kCumulative tells Row::total, and with the first row of a total a zero 1 ms after the interval's start, so
//           that increase() sees all of it. Nothing is told of a counter without a total.
// Flags:    a partial row has tributary_partial="1" and no percentiles, a late one tributary_late="1". Neither tells
//           totals, since they are no part of the main series: they tell what their interval added, and the next total
//           of the main series contains it.
// Histograms: each interval's begins anew: a zero 1 ms after the interval's start, and what it counted at its end. So a
//           rate or an increase, which take resets into account, are exact, and nothing has to be remembered (decision
//           0016). A partial row tells none; a late one tells its own, with tributary_late="1".
// Coverage: a distribution closed with coverage < 1 comes with tributary_coverage_ratio{metric="<name>", <labels>}.
std::vector<Point> PointsOf(const Row& row, const IntervalScale& scale, const PointOptions& options);

}  // namespace tributary
