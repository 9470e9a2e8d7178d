#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/capacity/fit_text.h"
#include "cli/capacity/number_columns.h"
#include "common/stats/holt_winters.h"

namespace tributary {

// The maths of common/stats on anyone's own numbers. Errors are those of the fits, and of columns that are not there.

// Columns `load` and `throughput`; `at` are loads to say the throughput for.
absl::StatusOr<Findings> UslFindings(const NumberColumns& columns, const std::vector<double>& at);

// Columns `load` and `latency` (mean, in seconds): the queue that explains them. Columns `servers`, `service_rate` and
// `load`: what each such queue does.
absl::StatusOr<Findings> MmcFindings(const NumberColumns& columns);

// Column `value`.
absl::StatusOr<Findings> HoltWintersFindings(const NumberColumns& columns, size_t period, HoltWinters::Season season,
                                             size_t horizon);

struct ForecastQuestion {
  size_t horizon = 48;
  size_t day = 24;
  double confidence = 0.95;
};
// Column `value`, oldest first.
absl::StatusOr<Findings> ForecastFindings(const NumberColumns& columns, const ForecastQuestion& question);

}  // namespace tributary
