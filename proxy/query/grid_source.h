#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/mutex.h"
#include "common/hash/view.h"
#include "proxy/promql/sample_source.h"
#include "proxy/query/fan_out.h"
#include "proxy/query/history_choice.h"

namespace tributary {

// What the PromQL engine reads: every global folds its rows, and what they say is merged here, series by series and
// time by time. Rows are what came in their interval, so sums over a window are exact; there is nothing to extrapolate.
//
//   increase, rate     counters: what was counted; timers, histograms, distributions: all samples as one sketch; sets:
//   union the newest row     counters: what its interval counted; gauges: the last value; sketches: its interval's
//   *_over_time        gauges: over every sample, peaks kept however long the rows are; counters: over rows
//
// Honesty: a global that does not answer, one that left without handing its history over, and rows of a part of the
// fleet, are named in `warnings`; with no answer at
//          all there is no result. Where a copy answers in a global's place, its time is told. Two metrics that are
//          spelled alike are refused unless one is meant by a quoted name.
// Errors:  InvalidArgument and ResourceExhausted, as the globals say; DeadlineExceeded and Unavailable: none answered.
// Threads: thread-safe. `fan_out` outlives it.
class GridSource : public promql::SampleSource {
 public:
  using Globals = std::function<std::vector<Member>()>;       // of the newest views; from any thread
  using Former = std::function<std::vector<FormerMember>()>;  // who is in no view any more; from any thread

  GridSource(
      FanOut& fan_out, Globals globals, Former former = [] { return std::vector<FormerMember>(); })
      : fan_out_(fan_out), globals_(std::move(globals)), former_(std::move(former)) {}

  absl::StatusOr<promql::Selected> Select(const promql::Selection& selection, promql::QueryContext& context) override;

  // What globals answered to one request: for who makes something else of it than points.
  struct Round {
    std::vector<GridAnswer> answers;
    HistoryVerdict verdict;
    // Of those in the verdict, which have answered: in the places of those whose stores they copy, or behind them.
    std::vector<CopyToAsk> copies = {};
    std::map<std::string, bool> asked = {};  // members, and whether they have answered themselves; by id
    bool HasAnswered(const std::string& member) const { return asked.contains(member) && asked.at(member); }
    bool IsAway(const std::string& member) const { return asked.contains(member) && !asked.at(member); }
    // Others answer for its history.
    bool IsReplaced(const Member& global) const;
    // Of a time that the question is about, something may be in no answer, though all that were asked did answer.
    bool HasGaps(const v1::GridRequest& request) const;
  };
  // Asks again while a history that is handed over is not in the answers once; four times at most. Then copies of the
  // stores that have not answered.
  Round Ask(v1::GridRequest request, const promql::QueryContext& context);
  // Copies of what has not answered are asked, too.
  std::vector<LabelsAnswer> ListLabels(v1::LabelsRequest request, absl::Duration patience);

 private:
  // Of the verdict; where one has been handed over meanwhile, the round does not hold.
  void AskCopies(v1::GridRequest& request, const promql::QueryContext& context, Round& round);
  // Whom to ask: the members, and who hands its history over to them.
  std::vector<Member> AllGlobals() const;
  void WarnOfFormer(const promql::Selection& selection, const Round& round, promql::Selected& selected) const;

  FanOut& fan_out_;
  const Globals globals_;
  const Former former_;
  mutable Mutex mutex_;
  HistoryChoice choice_ ABSL_GUARDED_BY(mutex_);  // of the last query
  bool needed_copies_ ABSL_GUARDED_BY(mutex_) = false;
};

// As the globals are asked it.
v1::GridRequest GridRequestOf(const promql::Selection& selection);
v1::Matcher MatcherOf(const promql::LabelMatcher& matcher);

// "global-1 (10.0.0.2:8127): deadline exceeded".
std::string Describe(const Member& global, const absl::Status& status);
// OK when a global answered. What asking again would not change is as the global says it.
absl::Status CheckAnswered(const std::vector<std::pair<Member, absl::Status>>& answers);

}  // namespace tributary
