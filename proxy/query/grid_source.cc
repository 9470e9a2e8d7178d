#include "proxy/query/grid_source.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "proxy/promql/prom_duration.h"
#include "proxy/query/grid_merger.h"

namespace tributary {
namespace {

constexpr int kMaxRounds = 4;  // two, when a hand-over ends in the middle of one

using promql::Fold;
using promql::LabelMatcher;

v1::Fold FoldOf(Fold fold) {
  switch (fold) {
    case Fold::kRaw:
      return v1::FOLD_RAW;
    case Fold::kLast:
      return v1::FOLD_LAST;
    case Fold::kIncrease:
      return v1::FOLD_INCREASE;
    case Fold::kMerge:
      return v1::FOLD_MERGE;
    case Fold::kSum:
      return v1::FOLD_SUM;
    case Fold::kMin:
      return v1::FOLD_MIN;
    case Fold::kMax:
      return v1::FOLD_MAX;
    case Fold::kAvg:
      return v1::FOLD_AVG;
    case Fold::kCount:
      return v1::FOLD_COUNT;
    case Fold::kPresent:
      return v1::FOLD_PRESENT;
  }
  return v1::FOLD_UNSPECIFIED;
}

v1::Matcher::Op OpOf(LabelMatcher::Op op) {
  switch (op) {
    case LabelMatcher::Op::kEqual:
      return v1::Matcher::OP_EQUAL;
    case LabelMatcher::Op::kNotEqual:
      return v1::Matcher::OP_NOT_EQUAL;
    case LabelMatcher::Op::kMatches:
      return v1::Matcher::OP_MATCHES;
    case LabelMatcher::Op::kNotMatches:
      return v1::Matcher::OP_NOT_MATCHES;
  }
  return v1::Matcher::OP_UNSPECIFIED;
}

// Rounded down: 99.96 % is not the whole.
std::string Percent(double share) { return absl::StrFormat("%g%%", std::floor(share * 1000) / 10); }

// One name was asked for, and two metrics are spelled so.
absl::Status CheckNames(const promql::Selection& selection, const std::set<std::string>& names) {
  const auto asked =
      std::find_if(selection.matchers.begin(), selection.matchers.end(), [](const LabelMatcher& matcher) {
        return matcher.label == promql::kMetricName && matcher.op == LabelMatcher::Op::kEqual;
      });
  if (asked == selection.matchers.end() || names.size() < 2) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("\"", asked->value,
                                                    "\" is the name of several metrics: ", absl::StrJoin(names, ", "),
                                                    "; quote the one you mean, as {\"name\"}"));
}

// A series that is kept fleet-wide cannot tell hosts apart; one number under `by (host)` would look as if it could.
absl::Status CheckHosts(const promql::Selection& selection, const std::vector<promql::SelectedSeries>& series,
                        const std::set<std::string>& names) {
  constexpr absl::string_view kHost = "host";
  if (!selection.grouping || selection.grouping->without || series.empty()) return absl::OkStatus();
  const std::vector<std::string>& labels = selection.grouping->labels;
  if (std::find(labels.begin(), labels.end(), kHost) == labels.end()) return absl::OkStatus();
  const auto has_host = [&](const auto& each) { return !promql::LabelValue(each.labels, kHost).empty(); };
  if (std::any_of(series.begin(), series.end(), has_host)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "\"", absl::StrJoin(names, ", "),
      "\" is kept for the fleet as a whole, without hosts; a rule that also keeps it with scope `host` is needed for "
      "by (host)"));
}

void AddNotes(const GridMerger& merger, size_t answered, size_t asked, promql::Selected& selected) {
  if (merger.rows() == 0) {
    selected.infos.push_back(absl::StrCat("no rows in the window; ", merger.series(), " series match"));
  } else {
    selected.infos.push_back(absl::StrCat(
        "merged ", merger.rows(), " rows of ", merger.series(), " series, resolution ",
        absl::StrJoin(merger.resolutions_ms(), " and ",
                      [](std::string* out, int64_t ms) { out->append(FormatPromDuration(absl::Milliseconds(ms))); }),
        ", partial rows ", merger.partial_rows(), ", smallest coverage ", Percent(merger.min_coverage())));
  }
  selected.infos.push_back(absl::StrCat(
      "globals ", answered, "/", asked, ", committed through ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMillis(merger.sealed_through_ms()), absl::UTCTimeZone())));
  if (merger.partial_rows() > 0) {
    selected.warnings.push_back(
        absl::StrCat(merger.partial_rows(), " of ", merger.rows(),
                     " rows are partial: they come from part of the fleet, in some interval from ",
                     Percent(merger.min_coverage()), " of it"));
  }
}

}  // namespace

v1::Matcher MatcherOf(const LabelMatcher& matcher) {
  v1::Matcher out;
  out.set_label(matcher.label);
  out.set_op(OpOf(matcher.op));
  out.set_value(matcher.value);
  return out;
}

v1::GridRequest GridRequestOf(const promql::Selection& selection) {
  v1::GridRequest request;
  for (const LabelMatcher& matcher : selection.matchers) *request.add_matchers() = MatcherOf(matcher);
  request.set_start_unix_ms(selection.grid.start_ms);
  request.set_step_ms(std::max<int64_t>(1, selection.grid.step_ms));
  request.set_count(static_cast<uint32_t>(selection.grid.count));
  request.set_window_ms(selection.window_ms());
  request.set_fold(FoldOf(selection.fold));
  if (!selection.grouping) return request;
  request.set_grouped(true);
  request.set_without(selection.grouping->without);
  for (const std::string& label : selection.grouping->labels) request.add_group_labels(label);
  return request;
}

std::string Describe(const Member& global, const absl::Status& status) {
  const std::string reason =
      status.message().empty() ? absl::StatusCodeToString(status.code()) : std::string(status.message());
  return absl::StrCat(global.id, " (", global.address, "): ", reason);
}

absl::Status CheckAnswered(const std::vector<std::pair<Member, absl::Status>>& answers) {
  bool any = false;
  bool late = !answers.empty();
  std::vector<std::string> reasons;
  for (const auto& [global, status] : answers) {
    any |= status.ok();
    if (status.ok()) continue;
    if (absl::IsResourceExhausted(status) || absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status)) {
      return absl::Status(status.code(), absl::StrCat("global ", Describe(global, status)));
    }
    late &= absl::IsDeadlineExceeded(status);
    reasons.push_back(Describe(global, status));
  }
  if (any) return absl::OkStatus();
  if (answers.empty()) return absl::UnavailableError("no global is known");
  const std::string text = absl::StrCat("no global answered: ", absl::StrJoin(reasons, "; "));
  return late ? absl::DeadlineExceededError(text) : absl::UnavailableError(text);
}

namespace {

std::vector<Member> Joined(std::vector<Member> members, const std::vector<Member>& also) {
  for (const Member& member : also) {
    const bool is_there =
        std::any_of(members.begin(), members.end(), [&](const Member& each) { return each.id == member.id; });
    if (!is_there) members.push_back(member);
  }
  return members;
}

bool Has(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// In the place of what it stands for, or behind all. One that has not answered is told only where nobody else has
// failed.
template <class Answer>
void PutCopy(const CopyToAsk& copy, Answer answer, std::vector<Answer>& answers) {
  const auto failed = std::find_if(answers.begin(), answers.end(),
                                   [&](const Answer& each) { return each.global.id == copy.of && !each.status.ok(); });
  answer.global.id = copy.of;
  if (failed == answers.end()) {
    answers.push_back(std::move(answer));
  } else if (answer.status.ok()) {
    *failed = std::move(answer);
  }
}

bool IsInWindow(absl::Time time, const v1::GridRequest& request) {
  const int64_t last_ms = request.start_unix_ms() + (int64_t{request.count()} - 1) * request.step_ms();
  const int64_t ms = absl::ToUnixMillis(time);
  return request.start_unix_ms() - request.window_ms() < ms && ms < last_ms;
}

// What was committed after the copy was made last: until others took its owner's partitions, or as long as it is one.
bool MayLack(const CopyToAsk& copy, const GridSource::Round& round, const v1::GridRequest& request) {
  if (IsInWindow(copy.through, request)) return true;
  return request.start_unix_ms() - request.window_ms() >= absl::ToUnixMillis(copy.through) && round.IsAway(copy.of);
}

// Where copies have answered.
void TellOfCopies(const v1::GridRequest& request, const GridSource::Round& round, promql::Selected& selected) {
  for (const CopyToAsk& copy : round.copies) {
    const std::string text = absl::StrCat("global ", copy.of, " does not answer for its store; the copy at ",
                                          copy.holder.id, " does, of what was committed through ",
                                          absl::FormatTime(absl::RFC3339_sec, copy.through, absl::UTCTimeZone()));
    if (round.HasAnswered(copy.of) && IsInWindow(copy.through, request)) {
      selected.warnings.push_back(
          absl::StrCat("global ", copy.of, " has lost its store and is given its history back by the copy at ",
                       copy.holder.id, "; until then the last minutes before ",
                       absl::FormatTime(absl::RFC3339_sec, copy.through, absl::UTCTimeZone()), " may be here twice"));
    } else if (MayLack(copy, round, request)) {
      selected.warnings.push_back(absl::StrCat(text, "; what came next may be missing here"));
    } else {
      selected.infos.push_back(text);
    }
  }
}

}  // namespace

bool GridSource::Round::IsReplaced(const Member& global) const { return Has(verdict.replaced, global.id); }

std::vector<Member> GridSource::AllGlobals() const {
  std::vector<Member> members = globals_();
  MutexLock lock(mutex_);
  return Joined(std::move(members), choice_.also);
}

GridSource::Round GridSource::Ask(v1::GridRequest request, const promql::QueryContext& context) {
  HistoryChoice choice;
  bool needs_copies = false;
  {
    MutexLock lock(mutex_);
    choice = choice_;
    needs_copies = needed_copies_;
  }
  Round round;
  for (int i = 0; i < kMaxRounds && (i == 0 || context.Check().ok()); ++i) {
    const std::vector<Member> members = globals_();
    request.set_store(0);
    request.mutable_with_handovers()->Assign(choice.with.begin(), choice.with.end());
    request.mutable_without_handovers()->Assign(choice.without.begin(), choice.without.end());
    // One that is frozen takes all the time it is given: some must be left for the answers of the others, or its
    // copy's.
    const absl::Duration patience = context.remaining() * (needs_copies ? 0.5 : 0.9);
    round = {};
    round.answers =
        fan_out_.SelectGrid(Joined(members, choice.also), request, std::max(absl::Milliseconds(1), patience));
    round.verdict = Judge(members, round.answers);
    choice = round.verdict.next;
    if (round.verdict.holds) AskCopies(request, context, round);
    if (round.verdict.holds) break;
  }
  MutexLock lock(mutex_);
  choice_ = std::move(choice);
  needed_copies_ = !round.verdict.copies.empty();
  return round;
}

void GridSource::AskCopies(v1::GridRequest& request, const promql::QueryContext& context, Round& round) {
  for (const GridAnswer& answer : round.answers) round.asked[answer.global.id] = answer.status.ok();
  for (const CopyToAsk& copy : round.verdict.copies) {
    request.set_store(copy.store);
    const absl::Duration patience = std::max(absl::Milliseconds(1), context.remaining());
    for (GridAnswer& answer : fan_out_.SelectGrid({copy.holder}, request, patience)) {
      if (answer.status.ok()) round.copies.push_back(copy);
      if (answer.status.ok() && WasSpent(answer, round.answers)) round.verdict.holds = false;
      PutCopy(copy, std::move(answer), round.answers);
    }
  }
}

std::vector<LabelsAnswer> GridSource::ListLabels(v1::LabelsRequest request, absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  std::vector<LabelsAnswer> answers = fan_out_.ListLabels(AllGlobals(), request, patience);
  for (const CopyToAsk& copy : CopiesToAsk(answers)) {
    request.set_store(copy.store);
    const absl::Duration left = std::max(absl::Milliseconds(1), until - absl::Now());
    for (LabelsAnswer& answer : fan_out_.ListLabels({copy.holder}, request, left)) {
      PutCopy(copy, std::move(answer), answers);
    }
  }
  return answers;
}

bool GridSource::Round::HasGaps(const v1::GridRequest& request) const {
  return !verdict.holds || std::any_of(copies.begin(), copies.end(),
                                       [&](const CopyToAsk& copy) { return MayLack(copy, *this, request); });
}

// What is gone with who left, as far as it is known, and asked for.
void GridSource::WarnOfFormer(const promql::Selection& selection, const Round& round,
                              promql::Selected& selected) const {
  const absl::Time first = absl::FromUnixMillis(selection.grid.start_ms - selection.window_ms());
  for (const FormerMember& former : former_()) {
    const bool is_asked = std::any_of(round.answers.begin(), round.answers.end(),
                                      [&](const GridAnswer& answer) { return answer.global.id == former.member.id; });
    if (is_asked || first >= former.left_at || Has(round.verdict.replaced, former.member.id)) continue;
    selected.warnings.push_back(absl::StrCat("global ", former.member.id, " left at ",
                                             absl::FormatTime(absl::RFC3339_sec, former.left_at, absl::UTCTimeZone()),
                                             Has(round.verdict.in_part, former.member.id)
                                                 ? " and has handed over a part of its history only"
                                                 : " without handing its history over",
                                             "; what it holds of the time before is missing here"));
  }
}

absl::StatusOr<promql::Selected> GridSource::Select(const promql::Selection& selection, promql::QueryContext& context) {
  TRIBUTARY_RETURN_IF_ERROR(context.Check());
  v1::GridRequest request = GridRequestOf(selection);
  request.set_max_series(static_cast<uint64_t>(context.limits().max_series));
  const Round round = Ask(request, context);

  GridMerger merger(selection);
  std::vector<std::pair<Member, absl::Status>> statuses;
  promql::Selected selected;
  size_t answered = 0;
  for (const GridAnswer& answer : round.answers) {
    const absl::Status status = answer.status.ok() ? merger.Add(answer) : answer.status;
    statuses.emplace_back(answer.global, status);
    answered += status.ok();
    if (!status.ok() && !round.IsReplaced(answer.global)) {
      selected.warnings.push_back(
          absl::StrCat("no answer from global ", Describe(answer.global, status), "; what it holds is missing here"));
    }
  }
  TRIBUTARY_RETURN_IF_ERROR(CheckAnswered(statuses));
  TRIBUTARY_RETURN_IF_ERROR(CheckNames(selection, merger.names()));
  TRIBUTARY_RETURN_IF_ERROR(context.AddRows(static_cast<int64_t>(merger.rows())));
  TRIBUTARY_ASSIGN_OR_RETURN(selected.series, merger.Finish(context));
  TRIBUTARY_RETURN_IF_ERROR(CheckHosts(selection, selected.series, merger.names()));
  if (!round.verdict.holds) {
    selected.warnings.push_back("a history is being handed over just now; some of it may be here twice, or missing");
  }
  TellOfCopies(request, round, selected);
  WarnOfFormer(selection, round, selected);
  AddNotes(merger, answered, round.answers.size(), selected);
  return selected;
}

}  // namespace tributary
