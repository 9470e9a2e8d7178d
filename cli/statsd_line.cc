#include "cli/statsd_line.h"

#include <array>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "common/statsd/line_parser.h"

namespace tributary {
namespace {

using Word = std::pair<absl::string_view, absl::string_view>;

constexpr std::array<Word, 6> kTypes = {
    {{"counter", "c"}, {"gauge", "g"}, {"timer", "ms"}, {"histogram", "h"}, {"distribution", "d"}, {"set", "s"}}};
constexpr std::array<absl::string_view, 4> kStatuses = {"ok", "warning", "critical", "unknown"};

class NoReceiver : public SampleReceiver {
 public:
  void Add(const Sample&) override {}
  void Add(const CheckSample&) override {}
  void Add(const EventSample&) override {}
};

// What the agent's own parser says of it.
absl::StatusOr<std::string> Checked(std::string line) {
  NoReceiver receiver;
  LineParser parser;
  const LineError error = parser.Parse(line, receiver);
  if (error == LineError::kNone && parser.skipped_sections() == 0) return line;
  const absl::string_view why = error == LineError::kNone ? "a part it does not know" : LineErrorName(error);
  return absl::InvalidArgumentError(absl::StrCat("an agent would not take '", line, "': ", why));
}

absl::Status CheckWord(absl::string_view what, absl::string_view word, absl::string_view forbidden) {
  const size_t at = word.find_first_of(forbidden);
  if (at == absl::string_view::npos) return absl::OkStatus();
  const absl::string_view shown = word[at] == '\n' ? "line end" : word.substr(at, 1);
  return absl::InvalidArgumentError(absl::StrCat(what, " '", word.substr(0, at), "…' cannot hold a ",
                                                 word[at] == '\n' ? "" : "'", shown, word[at] == '\n' ? "" : "'"));
}

std::string Milliseconds(const std::string& value) {
  double number = 0;
  if (absl::SimpleAtod(value, &number)) return value;
  const std::optional<absl::Duration> duration = ParseDuration(value);
  return duration ? absl::StrCat(absl::ToDoubleMilliseconds(*duration)) : value;
}

void AppendWord(std::string& line, absl::string_view prefix, absl::string_view word) {
  if (!word.empty()) absl::StrAppend(&line, "|", prefix, word);
}

absl::Status AppendTags(std::string& line, const LineSections& sections) {
  for (const std::string& tag : sections.tags) TRIBUTARY_RETURN_IF_ERROR(CheckWord("a tag", tag, "|\n"));
  AppendWord(line, "#", absl::StrJoin(sections.tags, ","));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> MetricLine(absl::string_view type, absl::string_view name,
                                       const std::vector<std::string>& values, const LineSections& sections) {
  const auto known = absl::c_find_if(kTypes, [type](const Word& word) { return word.first == type; });
  if (known == kTypes.end()) return absl::InvalidArgumentError(absl::StrCat("no type '", type, "'"));
  TRIBUTARY_RETURN_IF_ERROR(CheckWord("a name", name, ":|\n"));
  std::string line(name);
  for (const std::string& value : values) {
    TRIBUTARY_RETURN_IF_ERROR(CheckWord("a value", value, type == "set" ? "|\n" : ":|\n"));
    absl::StrAppend(&line, ":", type == "timer" ? Milliseconds(value) : value);
  }
  absl::StrAppend(&line, "|", known->second);
  if (sections.rate != 1) absl::StrAppend(&line, "|@", sections.rate);
  TRIBUTARY_RETURN_IF_ERROR(AppendTags(line, sections));
  if (sections.unix_seconds) absl::StrAppend(&line, "|T", *sections.unix_seconds);
  return Checked(std::move(line));
}

absl::StatusOr<std::string> EventLine(const EventWords& event, const LineSections& sections) {
  const std::string title = absl::StrReplaceAll(event.title, {{"\n", "\\n"}});
  const std::string text = absl::StrReplaceAll(event.text, {{"\n", "\\n"}});
  for (const std::string& word : {event.host, event.aggregation_key, event.source_type}) {
    TRIBUTARY_RETURN_IF_ERROR(CheckWord("a field", word, "|\n"));
  }
  std::string line = absl::StrCat("_e{", title.size(), ",", text.size(), "}:", title, "|", text);
  if (sections.unix_seconds) absl::StrAppend(&line, "|d:", *sections.unix_seconds);
  AppendWord(line, "h:", event.host);
  AppendWord(line, "k:", event.aggregation_key);
  AppendWord(line, "p:", event.priority);
  AppendWord(line, "s:", event.source_type);
  AppendWord(line, "t:", event.alert_type);
  TRIBUTARY_RETURN_IF_ERROR(AppendTags(line, sections));
  return Checked(std::move(line));
}

absl::StatusOr<std::string> CheckLine(const CheckWords& check, const LineSections& sections) {
  TRIBUTARY_RETURN_IF_ERROR(CheckWord("a name", check.name, "|\n"));
  TRIBUTARY_RETURN_IF_ERROR(CheckWord("a host", check.host, "|\n"));
  TRIBUTARY_RETURN_IF_ERROR(CheckWord("a message", check.message, "|"));
  const auto known = absl::c_find(kStatuses, check.status);
  const std::string status = known == kStatuses.end() ? check.status : absl::StrCat(known - kStatuses.begin());
  std::string line = absl::StrCat("_sc|", check.name, "|", status);
  if (sections.unix_seconds) absl::StrAppend(&line, "|d:", *sections.unix_seconds);
  AppendWord(line, "h:", check.host);
  TRIBUTARY_RETURN_IF_ERROR(AppendTags(line, sections));
  AppendWord(line, "m:", absl::StrReplaceAll(check.message, {{"\n", "\\n"}, {"m:", "m\\:"}}));
  return Checked(std::move(line));
}

}  // namespace tributary
