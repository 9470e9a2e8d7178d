#include "cli/query_question.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/net/http_message.h"

namespace tributary {
namespace {

bool IsShort(const QuestionWords& words) { return words.question.size() == 2; }

bool IsRange(const QuestionWords& words) {
  return !words.range.step.empty() || !words.range.start.empty() || !words.range.end.empty() ||
         (!IsShort(words) && !words.range.last.empty());
}

absl::Status CheckWords(const QuestionWords& words) {
  const auto refuse = [](absl::string_view why) { return absl::InvalidArgumentError(why); };
  if (words.question.empty() || words.question.size() > 2 ||
      (!IsShort(words) && ArePercentiles(words.question.front()))) {
    return refuse("give percentiles and a metric, such as p99 api.latency, or one expression");
  }
  if (!IsShort(words)) {
    for (const auto& [option, given] : {std::pair("--by", !words.by.empty()),
                                        {"--without", !words.without.empty()},
                                        {"--where", !words.where.empty()},
                                        {"--window", !words.window.empty()}}) {
      if (!given) continue;
      return refuse(absl::StrCat(option, " goes with percentiles and a metric; an expression says it itself"));
    }
  }
  if (IsRange(words) && !words.at.empty())
    return refuse("--at asks at one moment, --start, --end and --step over a range");
  if (IsShort(words) && !IsRange(words) && !words.window.empty()) {
    return refuse("--window goes with a range; at one moment --last says it");
  }
  return absl::OkStatus();
}

// Of percentiles each step is a window of its own, and all of them are `last`: the first one ends a step after start.
void LeaveOutTheFirst(TimeRange& range) {
  if (range.start + range.step <= range.end) range.start += range.step;
}

absl::StatusOr<TimeRange> RangeOf(const QuestionWords& words, absl::Time now) {
  RangeWords range_words = words.range;
  if (range_words.start.empty() && range_words.last.empty()) {
    if (range_words.step.empty() || !range_words.end.empty()) {
      return absl::InvalidArgumentError("--end goes with --start or --last; --at asks at one moment");
    }
    range_words.last = "1h";
  }
  TRIBUTARY_ASSIGN_OR_RETURN(TimeRange range, RangeOf(range_words, now));
  if (IsShort(words) && words.window.empty()) LeaveOutTheFirst(range);
  return range;
}

absl::StatusOr<std::string> ExpressionOf(const QuestionWords& words, const std::optional<TimeRange>& range) {
  if (!IsShort(words)) return words.question.front();
  QueryWords query{.percentiles = words.question[0],
                   .metric = words.question[1],
                   .by = words.by,
                   .without = words.without,
                   .where = words.where};
  if (!words.window.empty()) {
    query.window = words.window;
  } else if (range) {
    query.window = DurationText(range->step);
  } else if (!words.range.last.empty()) {
    query.window = words.range.last;
  }
  return BuildExpression(query);
}

}  // namespace

std::string Question::Path() const { return range ? "/api/v1/query_range" : "/api/v1/query"; }

std::string Question::Form(absl::Duration timeout) const {
  std::string form = absl::StrCat("query=", PercentEncode(expression), "&timeout=", absl::ToDoubleSeconds(timeout));
  if (range) {
    absl::StrAppend(&form, "&start=", UnixText(range->start), "&end=", UnixText(range->end),
                    "&step=", absl::ToDoubleSeconds(range->step));
  } else if (!at.empty()) {
    absl::StrAppend(&form, "&time=", PercentEncode(at));
  }
  return form;
}

absl::StatusOr<Question> QuestionOf(const QuestionWords& words, absl::Time now) {
  TRIBUTARY_RETURN_IF_ERROR(CheckWords(words));
  Question question{.expression = "", .range = std::nullopt, .at = words.at};
  if (IsRange(words)) {
    TRIBUTARY_ASSIGN_OR_RETURN(question.range, RangeOf(words, now));
  }
  if (!words.at.empty()) {
    const auto at = ParseMoment(words.at, now);
    if (!at.ok()) return absl::InvalidArgumentError(absl::StrCat("--at takes ", at.status().message()));
    if (at->relative) question.at = UnixText(at->time);
  }
  TRIBUTARY_ASSIGN_OR_RETURN(question.expression, ExpressionOf(words, question.range));
  return question;
}

}  // namespace tributary
