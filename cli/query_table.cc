#include "cli/query_table.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "cli/time_chart.h"

namespace tributary {
namespace {

using SeriesLabels = std::map<std::string, std::string>;

// The column of that title, added when it is new.
size_t ColumnOf(Table& table, const std::string& title, bool is_number) {
  const auto known = std::find_if(table.columns.begin(), table.columns.end(), [&](const Table::Column& column) {
    return column.is_number == is_number && column.title == title;
  });
  if (known != table.columns.end()) return known - table.columns.begin();
  table.columns.push_back({title, is_number});
  return table.columns.size() - 1;
}

void SetCell(std::vector<std::string>& row, size_t column, const std::string& text) {
  if (row.size() <= column) row.resize(column + 1);
  row[column] = text;
}

// A column for each label but `quantile`: they stand before the numbers.
void AddLabelColumns(const QueryAnswer& answer, Table& table) {
  for (const QueryAnswer::Series& series : answer.series) {
    for (const auto& [label, value] : series.labels) {
      if (label != kQuantileLabel) ColumnOf(table, label, false);
    }
  }
}

struct Group {
  SeriesLabels labels;
  std::string title = "value";  // of its column
};

Group GroupOf(const QueryAnswer::Series& series) {
  Group group{.labels = series.labels};
  const auto quantile = group.labels.extract(std::string(kQuantileLabel));
  if (!quantile.empty()) group.title = PercentileText(quantile.mapped());
  return group;
}

void SetLabels(const SeriesLabels& labels, Table& table, std::vector<std::string>& row) {
  for (const auto& [label, value] : labels) SetCell(row, ColumnOf(table, label, false), value);
}

void SetPoint(const QueryAnswer::Point& point, const std::string& title, Table& table, std::vector<std::string>& row) {
  if (point.distribution) {
    SetCell(row, ColumnOf(table, "count", true), point.distribution->count);
    SetCell(row, ColumnOf(table, "sum", true), point.distribution->sum);
  } else {
    SetCell(row, ColumnOf(table, title, true), point.value);
  }
}

void Square(Table& table) {
  for (std::vector<std::string>& row : table.rows) row.resize(table.columns.size());
}

std::string TimeText(double unix_seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ",
                          absl::UnixEpoch() + absl::Milliseconds(std::llround(unix_seconds * 1000)),
                          absl::UTCTimeZone());
}

std::string NumberText(double number) { return std::isnan(number) ? "" : absl::StrFormat("%.17g", number); }

// A row with the labels, and a column `percentile` where there are any.
std::vector<std::string>& AddSeriesRow(const QueryAnswer::Series& series, Table& table) {
  std::vector<std::string>& row = table.rows.emplace_back();
  const Group group = GroupOf(series);
  SetLabels(group.labels, table, row);
  if (series.labels.count(std::string(kQuantileLabel)) > 0) {
    SetCell(row, ColumnOf(table, "percentile", false), group.title);
  }
  return row;
}

bool HasPercentiles(const QueryAnswer& answer) {
  return std::any_of(answer.series.begin(), answer.series.end(),
                     [](const auto& series) { return series.labels.count(std::string(kQuantileLabel)) > 0; });
}

// Columns stand in the order in which they are made.
Table SeriesTable(const QueryAnswer& answer, const std::vector<std::string>& numbers) {
  Table table;
  AddLabelColumns(answer, table);
  if (HasPercentiles(answer)) ColumnOf(table, "percentile", false);
  for (const std::string& title : numbers) ColumnOf(table, title, true);
  ColumnOf(table, "trend", false);
  return table;
}

}  // namespace

double NumberOf(const QueryAnswer::Point& point) {
  if (!point.distribution) return point.Number();
  double count = 0;
  return absl::SimpleAtod(point.distribution->count, &count) ? count : std::numeric_limits<double>::quiet_NaN();
}

Table TableOf(const QueryAnswer& answer) {
  Table table;
  AddLabelColumns(answer, table);
  std::map<SeriesLabels, size_t> row_of_group;
  for (const QueryAnswer::Series& series : answer.series) {
    if (series.points.empty()) continue;
    const Group group = GroupOf(series);
    const auto [place, is_new] = row_of_group.emplace(group.labels, table.rows.size());
    std::vector<std::string>& row = is_new ? table.rows.emplace_back() : table.rows[place->second];
    SetLabels(group.labels, table, row);
    SetPoint(series.points.back(), group.title, table, row);
  }
  Square(table);
  return table;
}

Table TableOf(const QueryAnswer& answer, const SeriesHistory& history, size_t trend_width) {
  Table table = SeriesTable(answer, {"value"});
  for (const QueryAnswer::Series& series : answer.series) {
    if (series.points.empty()) continue;
    std::vector<std::string>& row = AddSeriesRow(series, table);
    SetCell(row, ColumnOf(table, "value", true), NumberText(NumberOf(series.points.back())));
    const auto values = history.find(series.labels);
    if (values != history.end()) SetCell(row, ColumnOf(table, "trend", false), Sparkline(values->second, trend_width));
  }
  Square(table);
  return table;
}

Table RangeTableOf(const QueryAnswer& answer, size_t trend_width) {
  Table table = SeriesTable(answer, {"last", "min", "max"});
  for (const QueryAnswer::Series& series : answer.series) {
    std::vector<double> numbers;
    std::vector<double> known;
    for (const QueryAnswer::Point& point : series.points) {
      numbers.push_back(NumberOf(point));
      if (!std::isnan(numbers.back())) known.push_back(numbers.back());
    }
    std::vector<std::string>& row = AddSeriesRow(series, table);
    SetCell(row, ColumnOf(table, "trend", false), Sparkline(numbers, trend_width));
    if (known.empty()) continue;
    SetCell(row, ColumnOf(table, "last", true), NumberText(known.back()));
    SetCell(row, ColumnOf(table, "min", true), NumberText(*std::min_element(known.begin(), known.end())));
    SetCell(row, ColumnOf(table, "max", true), NumberText(*std::max_element(known.begin(), known.end())));
  }
  Square(table);
  return table;
}

Table RowsOf(const QueryAnswer& answer) {
  Table table;
  table.columns.push_back({"time", /*is_number=*/true});  // as a label may be called that, too
  AddLabelColumns(answer, table);
  std::map<SeriesLabels, std::map<double, size_t>> rows_of_group;
  for (const QueryAnswer::Series& series : answer.series) {
    const Group group = GroupOf(series);
    std::map<double, size_t>& row_of_time = rows_of_group[group.labels];
    for (const QueryAnswer::Point& point : series.points) {
      const auto [place, is_new] = row_of_time.emplace(point.unix_seconds, table.rows.size());
      std::vector<std::string>& row = is_new ? table.rows.emplace_back() : table.rows[place->second];
      SetCell(row, 0, TimeText(point.unix_seconds));
      SetLabels(group.labels, table, row);
      SetPoint(point, group.title, table, row);
    }
  }
  Square(table);
  return table;
}

}  // namespace tributary
