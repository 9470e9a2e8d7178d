#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "common/sink/statistics.h"

namespace tributary {

// How a storage wants series named; docs/wire.md, "Derived names", is the table.
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
  bool strict = false;                        // rows with coverage < 1 are told as partial ones
  std::map<std::string, std::string> labels;  // further ones on every point; a tag of the same key wins
};

// kPrometheus: sorted by name, names unique, values not empty. Otherwise in the order of the tags; a bare tag has no
// value.
using Labels = std::vector<std::pair<std::string, std::string>>;

// One number of one series at one time, ready for a storage that knows no sketches.
struct Point {
  std::string name;
  Labels labels;
  double value = 0;
  int64_t unix_ms = 0;  // the interval's end, but for the zero before a new running total
};

// Every derived name comes from here. The points of one series are in time order.
//
// Running totals: kCumulative tells Row::total, and with the first row of a total a zero 1 ms after the interval's
// start,
//                 so that increase() sees all of it. Nothing is told of a counter without a total.
// Flags:          a partial row has tributary_partial="1" and no percentiles; a late one tributary_late="1". Neither
// tells
//                 running totals, for it is not the main series: it tells what its interval added, and the main series'
//                 next total contains that.
// Coverage:       a distribution closed with coverage < 1 comes with tributary_coverage_ratio{metric="<name>",
// <labels>}.
std::vector<Point> PointsOf(const Row& row, const IntervalScale& scale, const PointOptions& options);

}  // namespace tributary
