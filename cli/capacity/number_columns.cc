#include "cli/capacity/number_columns.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace tributary {
namespace {

absl::string_view Bare(absl::string_view cell) {
  cell = absl::StripAsciiWhitespace(cell);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
  return cell;
}

std::optional<double> NumberOf(absl::string_view cell) {
  if (cell.empty() || absl::EqualsIgnoreCase(cell, "nan") || cell == "NA") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  double value = 0;
  return absl::SimpleAtod(cell, &value) ? std::optional(value) : std::nullopt;
}

std::vector<absl::string_view> CellsOf(absl::string_view line) {
  std::vector<absl::string_view> cells = absl::StrSplit(line, ',');
  for (absl::string_view& cell : cells) cell = Bare(cell);
  return cells;
}

}  // namespace

absl::StatusOr<NumberColumns> NumberColumns::Parse(absl::string_view text) {
  NumberColumns result;
  size_t number = 0;
  size_t rows = 0;
  for (const absl::string_view whole : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(whole);
    if (line.empty() || line.front() == '#') continue;
    const std::vector<absl::string_view> cells = CellsOf(line);
    if (result.columns_.empty()) {
      const bool titled =
          std::any_of(cells.begin(), cells.end(), [](absl::string_view cell) { return !NumberOf(cell); });
      for (const absl::string_view cell : cells) {
        result.columns_.push_back({.title = std::string(titled ? cell : ""), .values = {}});
      }
      if (titled) continue;
    }
    if (cells.size() != result.columns_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", cells.size(), " cells, the first line has ", result.columns_.size()));
    }
    if (++rows > kMaxRows) return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxRows, " lines"));
    for (size_t i = 0; i < cells.size(); ++i) {
      Named& column = result.columns_[i];
      const std::optional<double> value = NumberOf(cells[i]);
      if (rows == 1 && !value) column.is_text = true;
      if (column.is_text) continue;
      if (!value) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", number, ", column ", i + 1, ": '", cells[i], "' is not a number"));
      }
      column.values.push_back(*value);
    }
  }
  const auto texts = [](const Named& column) { return column.is_text; };
  result.columns_.erase(std::remove_if(result.columns_.begin(), result.columns_.end(), texts), result.columns_.end());
  if (rows == 0 || result.columns_.empty()) return absl::InvalidArgumentError("no numbers in it");
  return result;
}

absl::StatusOr<NumberColumns> NumberColumns::Read(const std::string& file) {
  std::string text(kMaxBytes + 1, '\0');
  std::ifstream stream;
  if (file != "-") {
    stream.open(file, std::ios::binary);
    if (!stream) return absl::NotFoundError(absl::StrCat(file, ": ", std::strerror(errno)));
  }
  std::istream& in = file == "-" ? std::cin : stream;
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (text.size() > kMaxBytes) return absl::InvalidArgumentError(absl::StrCat(file, ": larger than 64 MiB"));
  absl::StatusOr<NumberColumns> columns = Parse(text);
  if (!columns.ok()) return absl::Status(columns.status().code(), absl::StrCat(file, ": ", columns.status().message()));
  return columns;
}

const NumberColumns::Named* NumberColumns::Find(absl::string_view title) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [title](const Named& column) { return absl::EqualsIgnoreCase(column.title, title); });
  return found == columns_.end() ? nullptr : &*found;
}

absl::StatusOr<std::vector<double>> NumberColumns::Column(absl::string_view title) const {
  if (const Named* column = Find(title)) return column->values;
  if (columns_.size() == 1) return columns_.front().values;
  const auto name = [](std::string* out, const Named& column) {
    absl::StrAppend(out, column.title.empty() ? "(untitled)" : column.title);
  };
  return absl::InvalidArgumentError(
      absl::StrCat("no column `", title, "`; there is ", absl::StrJoin(columns_, ", ", name)));
}

}  // namespace tributary
