#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tributary {

// Columns of text for people, or for spreadsheets. A value.
struct Table {
  struct Column {
    std::string title;
    bool is_number = false;  // numbers stand at the right
  };
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;  // as many cells as columns
};

// Titles in capitals, bold when asked; columns aligned with two spaces between; numbers with six significant digits,
// unless they are written otherwise ("1,234"); "-" for empty cells. Control characters are shown as \xNN, so that no
// label value speaks to the terminal. Lines are no longer than `max_width` (0: any): the widest texts are shortened.
std::string AlignedText(const Table& table, bool bold_titles, size_t max_width = 0);

// RFC 4180, with a line of titles and all digits.
std::string CsvText(const Table& table);

}  // namespace tributary
