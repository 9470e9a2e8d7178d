#include "cli/table.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/terminal.h"
#include "common/base/printable.h"

namespace tributary {
namespace {

std::string SixDigits(const std::string& number) {
  double value = 0;
  if (!absl::SimpleAtod(number, &value) || !std::isfinite(value)) return number;
  if (std::fabs(value) >= 1e5 && std::fabs(value) < 1e15) return absl::StrFormat("%.0f", value);
  return absl::StrFormat("%.6g", value);
}

std::string CellText(const Table::Column& column, const std::string& cell) {
  if (cell.empty()) return "-";
  return column.is_number ? SixDigits(cell) : Printable(cell);
}

std::string Line(const Table& table, const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - ScreenWidth(cells[i]), ' ');
    absl::StrAppend(&line, i == 0 ? "" : "  ", table.columns[i].is_number ? padding : "", cells[i],
                    table.columns[i].is_number ? "" : padding);
  }
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

// Takes from the widest text column, a character at a time, until the line fits or texts are too short to be of use.
void ShrinkTexts(const Table& table, size_t max_width, std::vector<size_t>& widths) {
  constexpr size_t kShortest = 8;
  size_t width = 0;
  for (const size_t column : widths) width += column + 2;
  for (; max_width > 0 && width > max_width + 2; --width) {
    size_t* widest = nullptr;
    for (size_t i = 0; i < widths.size(); ++i) {
      if (!table.columns[i].is_number && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    }
    if (widest == nullptr || *widest <= kShortest) return;
    --*widest;
  }
}

std::string CsvField(absl::string_view text) {
  if (text.find_first_of(",\"\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace

std::string AlignedText(const Table& table, bool bold_titles, size_t max_width) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Table::Column& column : table.columns) lines[0].push_back(absl::AsciiStrToUpper(Printable(column.title)));
  for (const auto& row : table.rows) {
    auto& line = lines.emplace_back();
    for (size_t i = 0; i < row.size(); ++i) line.push_back(CellText(table.columns[i], row[i]));
  }
  std::vector<size_t> widths(table.columns.size(), 0);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], ScreenWidth(line[i]));
  }
  ShrinkTexts(table, max_width, widths);
  for (auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) line[i] = Shortened(line[i], widths[i]);
  }
  std::string text;
  for (const auto& line : lines) {
    const bool bold = bold_titles && &line == &lines[0];
    absl::StrAppend(&text, bold ? "\033[1m" : "", Line(table, line, widths), bold ? "\033[0m" : "", "\n");
  }
  return text;
}

std::string CsvText(const Table& table) {
  const auto append_field = [](std::string* out, const std::string& field) { out->append(CsvField(field)); };
  std::string text = absl::StrJoin(
      table.columns, ",", [](std::string* out, const Table::Column& column) { out->append(CsvField(column.title)); });
  absl::StrAppend(&text, "\r\n");
  for (const auto& row : table.rows) absl::StrAppend(&text, absl::StrJoin(row, ",", append_field), "\r\n");
  return text;
}

}  // namespace tributary
