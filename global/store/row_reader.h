#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/aggregate/row.h"
#include "common/base/interval.h"
#include "common/metric/shared_series_key.h"
#include "global/store/cover_window.h"
#include "global/store/handover_log.h"
#include "global/store/label_condition.h"
#include "global/store/label_index.h"

namespace tributary {

struct StoredSeries {
  KeyId id = 0;
  SharedSeriesKey key;
};

// At most as many as were asked for, and whether there are more.
struct FoundSeries {
  std::vector<StoredSeries> series;  // by id
  bool more = false;
};
struct FoundTexts {
  std::vector<std::string> texts;  // sorted
  bool more = false;
};

// What queries read of the store: which series there are, and their committed rows. Thread-safe; rows committed while a
// reading is under way may or may not be seen, a commit never in half for one series.
class RowReader {
 public:
  // Return false to stop.
  using Visit = absl::FunctionRef<bool(KeyId, const Row&)>;

  virtual ~RowReader() = default;

  // Lengths of interval that rows are kept in, shortest first; the first is the cluster's own.
  virtual std::vector<absl::Duration> Resolutions() const = 0;
  // The shortest resolution that still has rows of an interval ending after `from`; the longest if none has.
  virtual absl::Duration ResolutionFor(absl::Time from) const = 0;

  // What is kept of each of Resolutions(), for CoverWindow.
  virtual std::vector<KeptRows> Kept() const = 0;

  // All names, sorted; for matching a name as another system spells it.
  virtual std::vector<std::string> Names() const = 0;
  // The series of exactly that name, by id.
  virtual std::vector<StoredSeries> FindSeries(absl::string_view name) const = 0;

  // The next three are of series that all of `conditions` hold of (none: every series) and that may have rows whose
  // interval ends in (from, to]. Labels are PrometheusLabels of the tags; the metric's name is kNameLabel.
  virtual FoundSeries FindSeries(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                                 size_t limit) const = 0;
  virtual FoundTexts LabelNames(absl::Span<const LabelCondition> conditions, absl::Time from, absl::Time to,
                                size_t limit) const = 0;
  virtual FoundTexts LabelValues(absl::string_view label, absl::Span<const LabelCondition> conditions, absl::Time from,
                                 absl::Time to, size_t limit) const = 0;

  // Every row of `series` (ids ascending) whose interval ends in (from, to]. Row::interval counts intervals of
  // `resolution`. Rows of one series come in order of (interval, version), every version once; those of different
  // series may alternate. Fails when the store does, or when `resolution` is none of Resolutions().
  virtual absl::Status ReadRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from,
                                absl::Time to, Visit visit) const = 0;

  // The same without what is hidden, instead of what is hidden by itself. A store that takes no histories hides none.
  virtual absl::Status ReadVisibleRows(absl::Duration resolution, absl::Span<const KeyId> series, absl::Time from,
                                       absl::Time to, const HiddenRows&, Visit visit) const {
    return ReadRows(resolution, series, from, to, visit);
  }

  // The last interval all of whose windows this node has committed.
  virtual IntervalIndex sealed_through() const = 0;
};

}  // namespace tributary
