#include "common/sink/stdout_sink.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/sink/json_row.h"

namespace tributary {
namespace {

// Tags may hold any byte; a terminal shall not be told what to do by them.
std::string Brackets(const std::vector<std::string>& tags) {
  return absl::StrCat("[", absl::CHexEscape(absl::StrJoin(tags, ",")), "]");
}

std::string Brackets(const Labels& labels) {
  return absl::StrCat("[", absl::CHexEscape(absl::StrJoin(labels, ",", absl::PairFormatter(":"))), "]");
}

std::string StatisticText(const StatisticValue& told) {
  const std::string name = told.statistic == Statistic::kQuantile ? PercentileName(told.quantile)
                                                                  : std::string(StatisticName(told.statistic));
  return absl::StrFormat(" %s=%.6g", name, told.value);
}

std::string FlagText(const Row& row, const StatisticOptions& options) {
  std::string text;
  if (IsToldAsPartial(row, options)) text += " partial";
  if (row.late) text += " late";
  if (row.coverage < 1) absl::StrAppendFormat(&text, " coverage=%.4g", row.coverage);
  return text;
}

std::string TextRow(const Row& row, const IntervalScale& scale, const StatisticOptions& options) {
  std::string line =
      absl::StrCat(absl::FormatTime(scale.End(row.interval), absl::UTCTimeZone()), " ", MetricTypeName(row.key->type),
                   " ", absl::CHexEscape(row.key->name), " ", Brackets(row.key->tags));
  for (const StatisticValue& told : StatisticsOf(row, options)) line += StatisticText(told);
  return line + FlagText(row, options);
}

std::string TextEvent(const Event& event) {
  return absl::StrCat(absl::FormatTime(absl::FromUnixNanos(event.unix_ns), absl::UTCTimeZone()), " event ",
                      absl::CHexEscape(event.title), " ", Brackets(event.tags), " text=\"",
                      absl::CHexEscape(event.text), "\" alert_type=", event.alert_type, " priority=", event.priority);
}

}  // namespace

StdoutSink::StdoutSink(std::ostream& out, Options options, IntervalScale scale)
    : out_(out), options_(std::move(options)), scale_(scale) {}

SinkResult StdoutSink::Write(absl::Span<const Row> rows) {
  std::string text;
  for (const Row& row : rows) Append(row, text);
  SinkResult result;
  result.status = Print(text);
  if (result.status.ok()) result.delivered = rows.size();
  return result;
}

absl::Status StdoutSink::WriteEvents(absl::Span<const Event> events) {
  std::string text;
  for (const Event& event : events) {
    absl::StrAppend(&text, options_.format == Format::kJson ? JsonEvent(event) : TextEvent(event), "\n");
  }
  return Print(text);
}

// All in one piece, so that two sinks on one terminal do not mix their lines.
absl::Status StdoutSink::Print(absl::string_view text) {
  out_.write(text.data(), static_cast<std::streamsize>(text.size())) << std::flush;
  if (out_.good()) return absl::OkStatus();
  out_.clear();
  return absl::UnavailableError("the output does not take the rows");
}

void StdoutSink::Append(const Row& row, std::string& text) const {
  switch (options_.format) {
    case Format::kText:
      absl::StrAppend(&text, TextRow(row, scale_, options_.points.statistics), "\n");
      return;
    case Format::kJson:
      absl::StrAppend(&text, JsonRow(row, scale_, options_.points.statistics), "\n");
      return;
    case Format::kPoints:
      AppendPoints(row, text);
      return;
  }
}

void StdoutSink::AppendPoints(const Row& row, std::string& text) const {
  for (const Point& point : PointsOf(row, scale_, options_.points)) {
    absl::StrAppendFormat(&text, "%s %s %s %.17g\n",
                          absl::FormatTime(absl::FromUnixMillis(point.unix_ms), absl::UTCTimeZone()),
                          absl::CHexEscape(point.name), Brackets(point.labels), point.value);
  }
}

}  // namespace tributary
