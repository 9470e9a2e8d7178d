#pragma once

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/hash/view.h"
#include "proxy/promql/sample_source.h"
#include "proxy/query/fan_out.h"

namespace tributary {

// What the PromQL engine reads: every global folds its rows, and what they say is merged here, series by series and
// time by time. Rows are what came in their interval, so sums over a window are exact; there is nothing to extrapolate.
//
//   increase, rate     counters: what was counted; timers, histograms, distributions: all samples as one sketch; sets:
//   union the newest row     counters: what its interval counted; gauges: the last value; sketches: its interval's
//   *_over_time        gauges: over every sample, peaks kept however long the rows are; counters: over rows
//
// Honesty: a global that does not answer, and rows of a part of the fleet, are named in `warnings`; with no answer at
//          all there is no result. Two metrics that are spelled alike are refused unless one is meant by a quoted name.
// Errors:  InvalidArgument and ResourceExhausted, as the globals say; DeadlineExceeded and Unavailable: none answered.
// Threads: thread-safe. `fan_out` outlives it.
class GridSource : public promql::SampleSource {
 public:
  using Globals = std::function<std::vector<Member>()>;  // of the newest views; from any thread

  GridSource(FanOut& fan_out, Globals globals) : fan_out_(fan_out), globals_(std::move(globals)) {}

  absl::StatusOr<promql::Selected> Select(const promql::Selection& selection, promql::QueryContext& context) override;

  // What globals answered to one request: for who makes something else of it than points.
  std::vector<GridAnswer> Ask(const v1::GridRequest& request, const promql::QueryContext& context);
  // Whom to ask.
  std::vector<Member> AllGlobals() const { return globals_(); }

 private:
  FanOut& fan_out_;
  const Globals globals_;
};

// As the globals are asked it.
v1::GridRequest GridRequestOf(const promql::Selection& selection);
v1::Matcher MatcherOf(const promql::LabelMatcher& matcher);

// "global-1 (10.0.0.2:8127): deadline exceeded".
std::string Describe(const Member& global, const absl::Status& status);
// OK when a global answered. What asking again would not change is as the global says it.
absl::Status CheckAnswered(const std::vector<std::pair<Member, absl::Status>>& answers);

}  // namespace tributary
