#include "proxy/query/engine.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "proxy/query/merged_answer.h"
#include "proxy/query/notes.h"
#include "proxy/query/parser.h"

namespace tributary {
namespace {

v1::Matcher::Op ToProto(LabelMatcher::Op op) {
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

v1::SelectRequest RequestOf(const QuantileExpression& expression, absl::Time time) {
  v1::SelectRequest request;
  request.set_name(expression.selector.name);
  request.set_exact_name(expression.selector.exact_name);
  for (const LabelMatcher& matcher : expression.selector.matchers) {
    v1::Matcher& out = *request.add_matchers();
    out.set_label(matcher.label);
    out.set_op(ToProto(matcher.op));
    out.set_value(matcher.value);
  }
  request.set_from_unix_ms(absl::ToUnixMillis(time - expression.selector.window));
  request.set_to_unix_ms(absl::ToUnixMillis(time));
  for (const std::string& label : expression.grouping.labels) request.add_group_labels(label);
  request.set_without(expression.grouping.without);
  return request;
}

// What asking again, or another global, would not change.
bool IsRefusal(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status);
}

absl::Status CheckAnswered(const MergedAnswer& answer) {
  for (const MergedAnswer::Missing& missing : answer.missing()) {
    if (IsRefusal(missing.status)) return absl::FailedPreconditionError(absl::StrCat("global ", Describe(missing)));
  }
  if (answer.answered() > 0) return absl::OkStatus();
  const std::string reasons = absl::StrCat(
      "no global answered: ", absl::StrJoin(answer.missing(), "; ", [](std::string* out, const auto& missing) {
        out->append(Describe(missing));
      }));
  const bool late = std::all_of(answer.missing().begin(), answer.missing().end(),
                                [](const auto& missing) { return absl::IsDeadlineExceeded(missing.status); });
  return late ? absl::DeadlineExceededError(reasons) : absl::UnavailableError(reasons);
}

// Answers that would be of another thing than was asked for are refused.
absl::Status CheckMeaning(const MergedAnswer& answer, const QuantileExpression& expression) {
  const std::string& name = expression.selector.name;
  if (answer.names().size() > 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("\"", name, "\" is the name of several metrics: ", absl::StrJoin(answer.names(), ", "),
                     "; quote the one you mean, as {\"name\"}"));
  }
  if (answer.distributions().empty() && !answer.other_types().empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "quantile needs a timer, histogram or distribution; \"", name, "\" is of type ",
        absl::StrJoin(answer.other_types(), ", ",
                      [](std::string* out, MetricType type) { absl::StrAppend(out, MetricTypeName(type)); })));
  }
  return absl::OkStatus();
}

// A series that is kept fleet-wide cannot tell hosts apart; one number under `by (host)` would look as if it could.
absl::Status CheckHosts(const MergedAnswer& answer, const QuantileExpression& expression) {
  const auto& labels = expression.grouping.labels;
  const bool by_host = !expression.grouping.without && std::find(labels.begin(), labels.end(), "host") != labels.end();
  const auto has_host = [](const auto& group) { return group.first.count("host") > 0; };
  if (!by_host || answer.distributions().empty() ||
      std::any_of(answer.distributions().begin(), answer.distributions().end(), has_host)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("\"", expression.selector.name,
                   "\" is kept for the fleet as a whole, without hosts; a rule that also "
                   "keeps it with scope `host` is needed for by (host)"));
}

std::vector<QueryResult::Sample> SamplesOf(const MergedAnswer& answer, const QuantileExpression& expression) {
  std::vector<QueryResult::Sample> samples;
  std::vector<double> values(expression.quantiles.size());
  for (const auto& [labels, merger] : answer.distributions()) {
    const auto merged = std::get<DistributionAggregate>(merger.Finish());
    merged.digest.Quantiles(expression.quantiles, absl::MakeSpan(values));
    for (size_t i = 0; i < values.size(); ++i) {
      QueryResult::Sample& sample = samples.emplace_back();
      sample.labels = labels;
      sample.value = values[i];
      if (expression.is_list) sample.labels["quantile"] = FormatNumber(expression.quantiles[i]);
    }
  }
  return samples;
}

}  // namespace

QueryEngine::QueryEngine(FanOut& fan_out, Globals globals, const Clock& clock, Telemetry& telemetry)
    : QueryEngine(fan_out, std::move(globals), clock, telemetry, Options()) {}

QueryEngine::QueryEngine(FanOut& fan_out, Globals globals, const Clock& clock, Telemetry& telemetry,
                         const Options& options)
    : fan_out_(fan_out), globals_(std::move(globals)), clock_(clock), options_(options), metrics_(telemetry) {}

absl::Status QueryEngine::Ready() const {
  return globals_().empty() ? absl::UnavailableError("no global is known") : absl::OkStatus();
}

absl::StatusOr<QueryResult> QueryEngine::Query(absl::string_view expression, std::optional<absl::Time> time,
                                               std::optional<absl::Duration> timeout) {
  const bool admitted = running_.fetch_add(1) < options_.max_concurrent;
  const absl::Cleanup leave = [this] { running_.fetch_sub(1); };
  if (!admitted) {
    metrics_.CountBusy();
    return absl::UnavailableError(absl::StrCat("more than ", options_.max_concurrent, " queries at once"));
  }
  const absl::Time start = clock_.Now();
  metrics_.AddRunning(1);
  absl::StatusOr<QueryResult> result = Run(expression, time, timeout);
  metrics_.AddRunning(-1);
  metrics_.CountResult(result.status(), clock_.Now() - start);
  return result;
}

absl::StatusOr<QueryResult> QueryEngine::Run(absl::string_view expression, std::optional<absl::Time> time,
                                             std::optional<absl::Duration> timeout) {
  TRIBUTARY_ASSIGN_OR_RETURN(const QuantileExpression parsed, ParseExpression(expression));
  return Evaluate(parsed, time.value_or(clock_.Now()),
                  std::min(timeout.value_or(options_.default_timeout), options_.max_timeout));
}

absl::StatusOr<QueryResult> QueryEngine::Evaluate(const QuantileExpression& expression, absl::Time time,
                                                  absl::Duration timeout) {
  const std::vector<Member> globals = globals_();
  if (globals.empty()) return absl::UnavailableError("no global is known");
  MergedAnswer answer;
  for (GlobalAnswer& each : fan_out_.Select(globals, RequestOf(expression, time), timeout)) answer.Add(std::move(each));
  metrics_.CountMerged(answer);
  TRIBUTARY_RETURN_IF_ERROR(CheckAnswered(answer));
  TRIBUTARY_RETURN_IF_ERROR(CheckMeaning(answer, expression));
  TRIBUTARY_RETURN_IF_ERROR(CheckHosts(answer, expression));
  return QueryResult{.time = time,
                     .samples = SamplesOf(answer, expression),
                     .warnings = Warnings(answer, expression),
                     .infos = Infos(answer)};
}

}  // namespace tributary
