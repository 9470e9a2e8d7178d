#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proxy/promql/notes.h"
#include "proxy/promql/sample_source.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

enum class ValueType { kScalar, kString, kVector, kMatrix };  // kMatrix: a range vector, m[5m]

// One call, of one series at one time.
struct Call {
  int64_t time_ms = 0;               // of the evaluation; the result gets it
  int64_t window_end_ms = 0;         // `offset` and `@` applied; the window is (end - range, end]
  int64_t range_ms = 0;              // 0 unless over a window
  absl::Span<const double> scalars;  // the scalar arguments at time_ms, in the order written
  const Labels& labels;              // of the series, the metric's name still there
  absl::string_view position;        // " (1:5)", to end a note with
  Notes& notes;                      // Fail ends the query
};

// An argument of a call over the whole grid; one field holds it.
struct Argument {
  std::vector<Series> series;                           // kVector. kMatrix: 1 where the window has a point
  std::vector<double> scalars;                          // kScalar: one per time of the grid
  std::string text;                                     // kString
  const std::vector<LabelMatcher>* matchers = nullptr;  // where the argument is a selector
  absl::string_view position;
};
struct GridCall {
  Grid grid;
  std::vector<Argument> arguments;  // may be moved from
  absl::string_view position;
  Notes& notes;
  bool refuse_quantiles_of_numbers = false;
};

// None: no point at this time. The point's time is set by who calls.
using WindowFunction = std::optional<Point> (*)(const Call& call, absl::Span<const Point> window);
using PointFunction = std::optional<Point> (*)(const Call& call, const Point& point);
// The result over the whole grid: series whose points lie on it, labels as they shall be; order is kept for instants.
// REQUIRES of a scalar: one series without labels, a point at every time.
using GridFunction = absl::StatusOr<std::vector<Series>> (*)(GridCall& call);

// A function of PromQL. Adding one is adding a row to the table in functions.cc.
struct Function {
  absl::string_view name;
  ValueType result = ValueType::kVector;
  std::vector<ValueType> arguments = {};
  int optional = 0;  // so many of the last arguments may be left out; -1: the last may also be repeated or left out
  bool keeps_name = false;  // the metric's name stays (over_window, over_point)

  // Exactly one of the three. A window is never empty and holds no stale markers.
  WindowFunction over_window = nullptr;
  PointFunction over_point = nullptr;
  GridFunction over_grid = nullptr;

  // Of over_window: what a source may do instead, and what is left to do then (null: nothing).
  Fold fold = Fold::kRaw;
  PointFunction after_fold = nullptr;
  bool linear = false;  // the sum of its results is its result of the sum: groups may be merged before
};

// Null when there is none of the name.
const Function* FindFunction(absl::string_view name);

}  // namespace tributary::promql
