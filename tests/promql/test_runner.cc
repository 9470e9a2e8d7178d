#include "tests/promql/test_runner.h"

#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "re2/re2.h"

namespace tributary::promql {
namespace {

constexpr absl::Duration kTimeout = absl::Minutes(1);

bool Matches(const Note& note, absl::string_view text) {
  if (!note.text) return true;
  if (note.regex) return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *note.text);
  return text == *note.text;
}

std::string CheckNote(const Note& note, const std::vector<std::string>& texts, absl::string_view what) {
  bool found = false;
  for (const std::string& text : texts) found |= Matches(note, text);
  if (found != note.absent) return "";
  return absl::StrCat(note.absent ? "unexpected " : "not the expected ", what, ": ", absl::StrJoin(texts, "; "));
}

std::string CheckRefusal(const EvalCommand& eval, const absl::Status& status) {
  for (const Note& note : eval.notes) {
    if (note.kind == Note::Kind::kFail && !Matches(note, status.message())) {
      return absl::StrCat("refused with other words: ", status.message());
    }
  }
  return eval.fails() ? "" : std::string(status.message());
}

std::string CheckNotes(const EvalCommand& eval, const Answer& answer) {
  for (const Note& note : eval.notes) {
    const bool warns = note.kind == Note::Kind::kWarn;
    std::string wrong = CheckNote(note, warns ? answer.warnings : answer.infos, warns ? "warning" : "info");
    if (!wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace

void TestRunner::Run(absl::string_view name, absl::string_view text) {
  source_.Clear();
  const absl::StatusOr<std::vector<Command>> commands = ParseTestFile(text);
  if (!commands.ok()) {
    failures_.push_back(absl::StrCat(name, ": ", commands.status().message()));
    return;
  }
  for (const Command& command : *commands) {
    if (std::holds_alternative<ClearCommand>(command)) source_.Clear();
    if (const auto* load = std::get_if<LoadCommand>(&command)) Load(*load);
    const auto* eval = std::get_if<EvalCommand>(&command);
    if (eval == nullptr) continue;
    const std::string wrong = Check(*eval);
    if (wrong.empty()) {
      ++passed_;
    } else {
      failures_.push_back(absl::StrCat(name, ":", eval->line, ": ", eval->query, ": ", wrong));
    }
  }
}

void TestRunner::Load(const LoadCommand& load) {
  for (const Series& series : load.series) source_.Add(series);
}

std::string TestRunner::Check(const EvalCommand& eval) {
  QueryContext context(clock_, clock_.Now() + kTimeout, QueryLimits());
  const Grid& grid = eval.grid;
  const absl::StatusOr<Answer> answer =
      eval.range ? engine_.Range(eval.query, grid.start_ms, grid.end_ms(), grid.step_ms, context)
                 : engine_.Instant(eval.query, grid.start_ms, context);
  if (!answer.ok()) return CheckRefusal(eval, answer.status());
  if (eval.fails()) return "not refused";
  std::string wrong = CheckNotes(eval, *answer);
  if (wrong.empty()) wrong = Difference(eval, *answer);
  const bool again = !eval.range && !eval.ordered && answer->type == ValueType::kVector;
  return wrong.empty() && again ? CheckInRange(eval) : wrong;
}

std::string TestRunner::CheckInRange(const EvalCommand& eval) {
  if (absl::StrContains(eval.query, "end()")) return "";  // which is another time then
  QueryContext context(clock_, clock_.Now() + kTimeout, QueryLimits());
  constexpr int64_t kStepMs = 60'000;
  const int64_t time_ms = eval.grid.start_ms;
  absl::StatusOr<Answer> answer = engine_.Range(eval.query, time_ms, time_ms + 2 * kStepMs, kStepMs, context);
  if (!answer.ok()) return absl::StrCat("in a range: ", answer.status().message());
  std::erase_if(answer->series, [&](const Series& series) { return series.points.front().time_ms != time_ms; });
  const std::string wrong = Difference(eval, *answer);
  return wrong.empty() ? "" : absl::StrCat("in a range: ", wrong);
}

}  // namespace tributary::promql
