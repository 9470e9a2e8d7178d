#include "tests/promql/test_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "proxy/promql/prom_duration.h"
#include "tests/promql/series_text.h"

namespace tributary::promql {
namespace {

constexpr int64_t kMaxSteps = 11'000;

absl::Status Wrong(absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", text));
}

absl::string_view TakeWord(absl::string_view& text) {
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const absl::string_view word = text.substr(0, end);
  text = absl::StripLeadingAsciiWhitespace(text.substr(end));
  return word;
}

// "5m", or seconds.
absl::StatusOr<int64_t> TakeTime(absl::string_view& text) {
  const absl::string_view word = TakeWord(text);
  if (const auto duration = ParsePromDuration(word)) return absl::ToInt64Milliseconds(*duration);
  double seconds = 0;
  if (!absl::SimpleAtod(word, &seconds) || !(std::abs(seconds) < 1e12)) return Wrong("not a time", word);
  return static_cast<int64_t>(seconds * 1000);
}

// `from 0 to 10m step 5m `, the keys as given, values in milliseconds.
absl::Status TakeTimes(absl::string_view& text, std::initializer_list<std::pair<absl::string_view, int64_t*>> keys) {
  for (const auto& [key, value] : keys) {
    if (TakeWord(text) != key) return Wrong(absl::StrCat("expected \"", key, "\" before"), text);
    absl::StatusOr<int64_t> time = TakeTime(text);
    if (!time.ok()) return time.status();
    *value = *time;
  }
  return absl::OkStatus();
}

absl::Status ParseGrid(absl::string_view& text, EvalCommand& eval) {
  const absl::string_view word = TakeWord(text);
  Grid& grid = eval.grid;
  if (word == "instant") return TakeTimes(text, {{"at", &grid.start_ms}});
  if (word != "range") return Wrong("expected instant or range", word);
  eval.range = true;
  int64_t end_ms = 0;
  absl::Status status = TakeTimes(text, {{"from", &grid.start_ms}, {"to", &end_ms}, {"step", &grid.step_ms}});
  if (!status.ok()) return status;
  if (grid.step_ms <= 0 || end_ms < grid.start_ms || (end_ms - grid.start_ms) / grid.step_ms >= kMaxSteps) {
    return Wrong("not a range of times before", text);
  }
  grid.count = (end_ms - grid.start_ms) / grid.step_ms + 1;
  return absl::OkStatus();
}

absl::StatusOr<EvalCommand> ParseEval(absl::string_view line, int number) {
  EvalCommand eval;
  eval.line = number;
  const absl::string_view name = TakeWord(line);
  if (name == "eval_fail") eval.notes.push_back({.kind = Note::Kind::kFail, .text = {}});
  if (name == "eval_warn") eval.notes.push_back({.kind = Note::Kind::kWarn, .text = {}});
  if (name == "eval_info") eval.notes.push_back({.kind = Note::Kind::kInfo, .text = {}});
  eval.ordered = name == "eval_ordered";
  if (absl::Status status = ParseGrid(line, eval); !status.ok()) return status;
  if (line.empty()) return Wrong("no query", name);
  eval.query = std::string(line);
  return eval;
}

absl::Status ParseExpectString(absl::string_view text, EvalCommand& eval) {
  if (text.size() < 2 || text.front() != text.back()) return Wrong("not a string", text);
  eval.text = std::string(text.substr(1, text.size() - 2));
  return absl::OkStatus();
}

// What follows `expect`.
absl::Status ParseExpect(absl::string_view text, EvalCommand& eval) {
  const absl::string_view what = TakeWord(text);
  if (what == "string") return ParseExpectString(text, eval);
  if (what == "ordered") {
    eval.ordered = true;
    return absl::OkStatus();
  }
  Note note;
  absl::string_view kind = what;
  note.absent = absl::ConsumePrefix(&kind, "no_");
  if (kind == "warn") {
    note.kind = Note::Kind::kWarn;
  } else if (kind == "info") {
    note.kind = Note::Kind::kInfo;
  } else if (kind != "fail" || note.absent) {
    return Wrong("not to be expected", what);
  }
  note.regex = absl::ConsumePrefix(&text, "regex:");
  if (note.regex || absl::ConsumePrefix(&text, "msg:")) note.text = std::string(absl::StripAsciiWhitespace(text));
  eval.notes.push_back(std::move(note));
  return absl::OkStatus();
}

absl::Status ParseExpectedSeries(absl::string_view line, EvalCommand& eval) {
  const auto [labels, values] = SplitSeriesLine(line);
  double number = 0;
  if (values.empty() && absl::SimpleAtod(labels, &number)) {
    eval.scalar = number;
    return absl::OkStatus();
  }
  absl::StatusOr<Labels> parsed = ParseLabels(labels);
  if (!parsed.ok()) return parsed.status();
  auto points = ParseValues(values);
  if (!points.ok()) return points.status();
  if (static_cast<int64_t>(points->size()) > eval.grid.count) return Wrong("more values than times", line);
  points->resize(static_cast<size_t>(eval.grid.count));
  eval.series.push_back({*std::move(parsed), *std::move(points)});
  return absl::OkStatus();
}

absl::Status ParseBelowEval(absl::string_view line, EvalCommand& eval) {
  absl::string_view rest = line;
  const absl::string_view word = TakeWord(rest);
  if (word == "expect") return ParseExpect(rest, eval);
  if (word == "expected_fail_message" || word == "expected_fail_regexp") {
    eval.notes.push_back(
        {.kind = Note::Kind::kFail, .regex = word == "expected_fail_regexp", .text = std::string(rest)});
    return absl::OkStatus();
  }
  if (line.front() == '"') return ParseExpectString(line, eval);
  return ParseExpectedSeries(line, eval);
}

absl::Status ParseBelowLoad(absl::string_view line, int64_t step_ms, LoadCommand& load) {
  const auto [labels, values] = SplitSeriesLine(line);
  absl::StatusOr<Labels> parsed = ParseLabels(labels);
  if (!parsed.ok()) return parsed.status();
  auto points = ParseValues(values);
  if (!points.ok()) return points.status();
  Series series{*std::move(parsed), {}};
  for (size_t i = 0; i < points->size(); ++i) {
    if (!(*points)[i]) continue;
    series.points.push_back(*(*points)[i]);
    series.points.back().time_ms = static_cast<int64_t>(i) * step_ms;
  }
  load.series.push_back(std::move(series));
  return absl::OkStatus();
}

// Holds the command that lines below it belong to.
class Parser {
 public:
  absl::Status ParseLine(absl::string_view line, int number) {
    const bool below = !line.empty() && absl::ascii_isspace(line[0]);
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') return absl::OkStatus();
    return below ? ParseBelow(line) : ParseCommand(line, number);
  }
  std::vector<Command> Take() { return std::move(commands_); }

 private:
  absl::Status ParseCommand(absl::string_view line, int number) {
    if (line == "clear") {
      commands_.emplace_back(ClearCommand());
      return absl::OkStatus();
    }
    if (absl::ConsumePrefix(&line, "load ")) {
      absl::StatusOr<int64_t> step = TakeTime(line);
      if (!step.ok()) return step.status();
      step_ms_ = *step;
      commands_.emplace_back(LoadCommand());
      return absl::OkStatus();
    }
    if (!absl::StartsWith(line, "eval")) return Wrong("not a command", line);
    absl::StatusOr<EvalCommand> eval = ParseEval(line, number);
    if (!eval.ok()) return eval.status();
    commands_.emplace_back(*std::move(eval));
    return absl::OkStatus();
  }

  absl::Status ParseBelow(absl::string_view line) {
    if (commands_.empty()) return Wrong("below no command", line);
    if (auto* eval = std::get_if<EvalCommand>(&commands_.back())) return ParseBelowEval(line, *eval);
    if (auto* load = std::get_if<LoadCommand>(&commands_.back())) return ParseBelowLoad(line, step_ms_, *load);
    return Wrong("below a clear", line);
  }

  std::vector<Command> commands_;
  int64_t step_ms_ = 0;
};

}  // namespace

bool EvalCommand::fails() const {
  return std::any_of(notes.begin(), notes.end(), [](const Note& note) { return note.kind == Note::Kind::kFail; });
}

absl::StatusOr<std::vector<Command>> ParseTestFile(absl::string_view text) {
  Parser parser;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::Status status = parser.ParseLine(line, number); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", status.message()));
    }
  }
  return parser.Take();
}

}  // namespace tributary::promql
