#include "common/statsd/line_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "common/metric/series_key.h"
#include "common/statsd/decimal.h"
#include "common/statsd/delimiters.h"

namespace tributary {
namespace {

constexpr absl::string_view kEventPrefix = "_e{";
constexpr absl::string_view kCheckPrefix = "_sc|";

// Takes what is before the first `separator`, and the separator itself, off `rest`; all of it when there is none.
absl::string_view Cut(absl::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const absl::string_view cut = rest.substr(0, end);
  rest.remove_prefix(end == absl::string_view::npos ? rest.size() : end + 1);
  return cut;
}

template <class T>
bool ReadAll(absl::string_view text, T& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

bool StartsWithDigit(absl::string_view text) { return !text.empty() && absl::ascii_isdigit(text.front()); }

bool ReadSeconds(absl::string_view text, int64_t& seconds) {
  return StartsWithDigit(text) && ReadAll(text, seconds) && seconds > 0;
}

std::optional<MetricType> TypeOf(absl::string_view code) {
  if (code == "ms") return MetricType::kTimer;
  if (code.size() != 1) return std::nullopt;
  switch (code.front()) {
    case 'c':
      return MetricType::kCounter;
    case 'g':
      return MetricType::kGauge;
    case 'm':
      return MetricType::kTimer;
    case 'h':
      return MetricType::kHistogram;
    case 'd':
      return MetricType::kDistribution;
    case 's':
      return MetricType::kSet;
    default:
      return std::nullopt;
  }
}

// A section is known by its prefix. Those without `value` are read and not kept.
struct Section {
  absl::string_view prefix;
  absl::string_view* value;
  bool seen = false;
};
constexpr Section kContainer = {"c:", nullptr};
constexpr Section kExternalData = {"e:", nullptr};
constexpr Section kCardinality = {"card:", nullptr};

// A section of a metric that is known and not kept.
bool IsOfNoKey(absl::string_view section) {
  return absl::StartsWith(section, kContainer.prefix) || absl::StartsWith(section, kExternalData.prefix) ||
         absl::StartsWith(section, kCardinality.prefix);
}

// Reads "|section|section". Returns how many were unknown or replaced by a later one.
int ReadSections(absl::string_view rest, absl::Span<Section> sections) {
  int skipped = 0;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const absl::string_view text = rest.substr(0, rest.find('|'));
    rest.remove_prefix(text.size());
    Section* section = nullptr;
    for (Section& candidate : sections) {
      if (text.empty() || text.front() != candidate.prefix.front()) continue;  // spares most comparisons
      if (absl::StartsWith(text, candidate.prefix)) section = &candidate;
    }
    if (section == nullptr || (section->seen && section->value != nullptr)) ++skipped;
    if (section == nullptr || section->value == nullptr) continue;
    *section->value = text.substr(section->prefix.size());
    section->seen = true;
  }
  return skipped;
}

// Empties `word` when it is none of `known`; returns how many sections that skips.
int KeepKnown(absl::string_view& word, std::initializer_list<absl::string_view> known) {
  if (word.empty()) return 0;
  for (const absl::string_view candidate : known) {
    if (word == candidate) return 0;
  }
  word = absl::string_view();
  return 1;
}

// title|text|d:1656581400
//      ^    ^ where they end
bool IsEventText(absl::string_view rest, size_t title_end, size_t text_end) {
  if (title_end >= rest.size() || rest[title_end] != '|' || text_end > rest.size()) return false;
  return text_end == rest.size() || rest[text_end] == '|';
}

// Where `units` UTF-16 code units end that begin at `begin`: hot-shots counts the lengths of events so. Beyond the end
// of the text when it is shorter.
size_t Utf16End(absl::string_view text, size_t begin, uint32_t units) {
  size_t end = begin;
  while (units > 0 && end < text.size()) {
    const auto lead = static_cast<unsigned char>(text[end]);
    end += lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    units -= std::min<uint32_t>(units, lead < 0xF0 ? 1 : 2);
  }
  return units > 0 ? text.size() + 1 : end;
}

// The date of an event or check: one that cannot be read counts as not sent.
int ReadDate(absl::string_view text, int64_t& unix_seconds) {
  if (text.empty() || ReadSeconds(text, unix_seconds)) return 0;
  unix_seconds = 0;
  return 1;
}

}  // namespace

absl::string_view LineErrorName(LineError error) {
  switch (error) {
    case LineError::kNone:
      return "none";
    case LineError::kNoValue:
      return "no_value";
    case LineError::kNoName:
      return "no_name";
    case LineError::kNameTooLong:
      return "name_too_long";
    case LineError::kUnknownType:
      return "unknown_type";
    case LineError::kBadValue:
      return "bad_value";
    case LineError::kBadRate:
      return "bad_rate";
    case LineError::kBadTimestamp:
      return "bad_timestamp";
    case LineError::kBadEvent:
      return "bad_event";
    case LineError::kBadCheck:
      return "bad_check";
  }
  return "unknown";
}

LineError LineParser::Parse(absl::string_view line, SampleReceiver& receiver) {
  if (absl::StartsWith(line, kEventPrefix)) return ParseEvent(line.substr(kEventPrefix.size()), receiver);
  if (absl::StartsWith(line, kCheckPrefix)) return ParseCheck(line.substr(kCheckPrefix.size()), receiver);
  return ParseMetric(line, receiver);
}

// api.latency:12:15.5|ms|@0.5|#region:eu
// ^^^^^^^^^^^ ^^^^^^^ ^^
LineError LineParser::ParseMetric(absl::string_view line, SampleReceiver& receiver) {
  const Delimiters delimiters(line);
  const size_t name_end = delimiters.FindColon(0);
  const size_t value_end = delimiters.FindPipe(0);
  if (name_end == absl::string_view::npos || name_end > value_end) return LineError::kNoValue;
  if (name_end == 0) return LineError::kNoName;
  if (name_end > kMaxNameBytes) return LineError::kNameTooLong;
  if (value_end == absl::string_view::npos) return LineError::kUnknownType;
  const size_t type_end = std::min(line.size(), delimiters.FindPipe(value_end + 1));
  const std::optional<MetricType> type = TypeOf(line.substr(value_end + 1, type_end - value_end - 1));
  if (!type.has_value()) return LineError::kUnknownType;

  Sample sample;
  sample.type = *type;
  sample.name = line.substr(0, name_end);
  LineError error = ParseValues(line.substr(name_end + 1, value_end - name_end - 1), sample);
  if (error == LineError::kNone) error = ParseSections(line, type_end, delimiters, sample);
  if (error == LineError::kNone) receiver.Add(sample);
  return error;
}

// api.latency:12:15.5|ms        visitors:10.0.0.1:8080|s
//             ^^ ^^^^                    ^^^^^^^^^^^^^
LineError LineParser::ParseValues(absl::string_view text, Sample& sample) {
  if (sample.type == MetricType::kSet) {
    sample.member = text;
    return text.empty() ? LineError::kNoValue : LineError::kNone;
  }
  values_.clear();
  while (!text.empty()) {
    const absl::string_view part = Cut(text, ':');
    if (part.empty()) continue;  // "21::22", as the Datadog agent has it
    const bool delta =
        options_.gauge_deltas && sample.type == MetricType::kGauge && (part.front() == '+' || part.front() == '-');
    double value = 0;
    if (!ReadDecimal(part, value) || (!values_.empty() && delta != sample.delta)) return LineError::kBadValue;
    sample.delta = delta;
    values_.push_back(value);
  }
  sample.values = values_;
  return values_.empty() ? LineError::kNoValue : LineError::kNone;
}

// api.latency:12|ms|@0.5|#region:eu,canary|c:ci-83fc|T1656581400
//                  ^^^^^ ^^^^^^^^^^^^^^^^^ ^^^^^^^^^ ^^^^^^^^^^^
LineError LineParser::ParseSections(absl::string_view line, size_t begin, const Delimiters& delimiters,
                                    Sample& sample) {
  std::optional<absl::string_view> rate;
  std::optional<absl::string_view> timestamp;
  std::optional<absl::string_view> tags;
  while (begin < line.size()) {
    const size_t end = std::min(line.size(), delimiters.FindPipe(begin + 1));
    const absl::string_view text = line.substr(begin + 1, end - begin - 1);
    begin = end;
    const char first = text.empty() ? '\0' : text.front();
    std::optional<absl::string_view>* const section = first == '#'   ? &tags
                                                      : first == '@' ? &rate
                                                      : first == 'T' ? &timestamp
                                                                     : nullptr;
    if (section != nullptr) {
      skipped_sections_ += section->has_value() ? 1 : 0;
      *section = text.substr(1);
    } else if (!IsOfNoKey(text)) {
      ++skipped_sections_;
    }
  }
  sample.tags = tags.value_or(absl::string_view());
  if (rate.has_value()) {
    double share = 0;
    if (!ReadDecimal(*rate, share) || !(share > 0 && share <= 1)) return LineError::kBadRate;
    sample.weight = 1 / share;
    if (!std::isfinite(sample.weight)) return LineError::kBadRate;
  }
  if (timestamp.has_value() && !ReadSeconds(*timestamp, sample.unix_seconds)) return LineError::kBadTimestamp;
  return LineError::kNone;
}

// _e{5,4}:title|text|d:1656581400|h:web-1|k:key|p:low|s:source|t:error|#region:eu
//    ^ ^  ^^^^^ ^^^^
LineError LineParser::ParseEvent(absl::string_view line, SampleReceiver& receiver) {
  uint32_t title_bytes = 0;
  uint32_t text_bytes = 0;
  absl::string_view rest = line;
  if (!ReadAll(Cut(rest, ','), title_bytes) || !ReadAll(Cut(rest, '}'), text_bytes)) return LineError::kBadEvent;
  if (!absl::ConsumePrefix(&rest, ":") || title_bytes == 0) return LineError::kBadEvent;
  // The lengths decide, not the first '|': title and text may hold one.
  size_t title_end = title_bytes;
  size_t text_end = title_end + 1 + text_bytes;
  if (!IsEventText(rest, title_end, text_end)) {
    title_end = Utf16End(rest, 0, title_bytes);
    text_end = Utf16End(rest, title_end + 1, text_bytes);
    if (!IsEventText(rest, title_end, text_end)) return LineError::kBadEvent;
  }

  EventSample event;
  event.title = rest.substr(0, title_end);
  event.text = rest.substr(title_end + 1, text_end - title_end - 1);
  absl::string_view date;
  Section sections[] = {{"d:", &date},
                        {"h:", &event.host},
                        {"k:", &event.aggregation_key},
                        {"p:", &event.priority},
                        {"s:", &event.source_type},
                        {"t:", &event.alert_type},
                        {"#", &event.tags},
                        kContainer,
                        kExternalData,
                        kCardinality};
  skipped_sections_ += ReadSections(rest.substr(text_end), absl::MakeSpan(sections));
  skipped_sections_ += ReadDate(date, event.unix_seconds);
  skipped_sections_ += KeepKnown(event.priority, {"normal", "low"});
  skipped_sections_ += KeepKnown(event.alert_type, {"error", "warning", "info", "success"});
  receiver.Add(event);
  return LineError::kNone;
}

// _sc|db.up|0|d:1656581400|h:web-1|#region:eu|m:message
//     ^^^^^ ^
LineError LineParser::ParseCheck(absl::string_view line, SampleReceiver& receiver) {
  absl::string_view rest = line;
  CheckSample check;
  check.name = Cut(rest, '|');
  if (check.name.empty() || check.name.size() > kMaxNameBytes) return LineError::kBadCheck;
  const absl::string_view status = rest.substr(0, rest.find('|'));
  if (!ReadAll(status, check.status) || check.status > 3) return LineError::kBadCheck;

  absl::string_view date;
  Section sections[] = {{"d:", &date}, {"h:", &check.host}, {"#", &check.tags}, {"m:", &check.message},
                        kContainer,    kExternalData,       kCardinality};
  skipped_sections_ += ReadSections(rest.substr(status.size()), absl::MakeSpan(sections));
  skipped_sections_ += ReadDate(date, check.unix_seconds);
  receiver.Add(check);
  return LineError::kNone;
}

}  // namespace tributary
