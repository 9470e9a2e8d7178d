#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// A CSV file of numbers with a line of titles, or one column of numbers without. A value.
//
// Cells:   numbers; empty, `NaN` and `NA` are NaN: not known. Columns whose first cell is a text are left out.
// Errors:  InvalidArgument with line and column: a text among numbers, lines of different lengths, over kMaxRows lines,
//          no numbers at all.
class NumberColumns {
 public:
  static constexpr size_t kMaxRows = 1'000'000;
  static constexpr size_t kMaxBytes = 64 << 20;

  static absl::StatusOr<NumberColumns> Parse(absl::string_view text);
  // `-` is standard input. The error names the file.
  static absl::StatusOr<NumberColumns> Read(const std::string& file);

  // The column of that title; if there is only one column of numbers, it is meant. The error lists the titles.
  absl::StatusOr<std::vector<double>> Column(absl::string_view title) const;
  bool Has(absl::string_view title) const { return Find(title) != nullptr; }

 private:
  struct Named {
    std::string title;
    std::vector<double> values;
    bool is_text = false;
  };
  const Named* Find(absl::string_view title) const;

  std::vector<Named> columns_;
};

}  // namespace tributary
