#include "cli/capacity/fit_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/terminal.h"

namespace tributary {

std::string NumberText(double value) { return std::isnan(value) ? "" : absl::StrFormat("%.9g", value); }

std::string TextOf(const Findings& findings, const std::string& output) {
  if (output == "json") return absl::StrCat(findings.json.dump(2), "\n");
  if (output == "csv") return CsvText(findings.table);
  std::string text = AlignedText(findings.table, HasColours(stdout));
  if (!findings.remarks.empty()) absl::StrAppend(&text, "\n");
  for (const std::string& remark : findings.remarks) absl::StrAppend(&text, remark, "\n");
  return text;
}

}  // namespace tributary
