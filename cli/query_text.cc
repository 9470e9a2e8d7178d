#include "cli/query_text.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/time_chart.h"
#include "common/base/printable.h"

namespace tributary {
namespace {

// Wide screens get longer sparklines; texts of a table are shortened before numbers, so they must not ask for much.
size_t TrendWidth(const AnswerView& view) { return view.max_width > 0 && view.max_width < 100 ? 20 : 40; }

std::string ChartOf(const QueryAnswer& answer, const TimeRange& range, const AnswerView& view) {
  std::vector<ChartSeries> lines;
  for (const QueryAnswer::Series& series : answer.series) {
    ChartSeries& line = lines.emplace_back(ChartSeries{.name = SeriesText(series.labels), .points = {}});
    for (const QueryAnswer::Point& point : series.points) {
      const absl::Time time = absl::UnixEpoch() + absl::Milliseconds(std::llround(point.unix_seconds * 1000));
      line.points.emplace_back(time, NumberOf(point));
    }
  }
  // Half of the screen, and the table below.
  const auto rows = static_cast<size_t>(std::clamp(view.size.rows / 2 - 2, 6, 20));
  return TimeChartText(lines, {.start = range.start,
                               .end = range.end,
                               .step = range.step,
                               .columns = static_cast<size_t>(view.size.columns),
                               .rows = rows,
                               .style = view.style});
}

}  // namespace

std::string AnswerText(const QueryAnswer& answer, const std::optional<TimeRange>& range, const AnswerView& view) {
  if (answer.PointCount() == 0) return "";
  const auto aligned = [&](const Table& table) { return AlignedText(table, view.style.on(), view.max_width); };
  if (answer.is_range && range) {
    const std::string chart = view.with_chart ? ChartOf(answer, *range, view) : "";
    return absl::StrCat(chart, chart.empty() ? "" : "\n", aligned(RangeTableOf(answer, TrendWidth(view))));
  }
  if (answer.is_range) return aligned(RowsOf(answer));  // an instant question for a range vector: its points
  return aligned(view.history == nullptr ? TableOf(answer) : TableOf(answer, *view.history, TrendWidth(view)));
}

std::string NotesText(const std::vector<std::string>& infos, const std::vector<std::string>& warnings,
                      const Style& style) {
  std::string text;
  for (const std::string& info : infos) absl::StrAppend(&text, Printable(info), "\n");
  for (const std::string& warning : warnings) {
    absl::StrAppend(&text, style.Warn("warning:"), " ", Printable(warning), "\n");
  }
  return text;
}

}  // namespace tributary
