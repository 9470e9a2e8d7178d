#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cli/query_answer.h"
#include "cli/table.h"

namespace tributary {

// The values that a series had each time it was asked for, oldest first.
using SeriesHistory = std::map<std::map<std::string, std::string>, std::vector<double>>;

// One row per group, its labels first. Where answers are labelled `quantile`, one column per percentile ("p99.9"),
// else one column `value`; of distributions, `count` and `sum`. Cells hold the text of the answer; absent ones are
// empty.
Table TableOf(const QueryAnswer& answer);

// One row per series: labels, percentile, the newest value, and when there is a `history` a sparkline of it.
Table TableOf(const QueryAnswer& answer, const SeriesHistory& history, size_t trend_width);

// Of a range, one row per series: labels, percentile, the last, least and largest value, and a sparkline of at most
// `trend_width` characters.
Table RangeTableOf(const QueryAnswer& answer, size_t trend_width);

// Of a range, one row per group and time: `time` in RFC 3339, then what TableOf has.
Table RowsOf(const QueryAnswer& answer);

// The number that is drawn and judged: the value, or a distribution's count. NaN where there is none.
double NumberOf(const QueryAnswer::Point& point);

}  // namespace tributary
