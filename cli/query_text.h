#pragma once

#include <optional>
#include <string>

#include "cli/query_answer.h"
#include "cli/query_question.h"
#include "cli/query_table.h"
#include "cli/terminal.h"

namespace tributary {

// How an answer is shown to people.
struct AnswerView {
  TerminalSize size;     // of the screen, for the chart
  size_t max_width = 0;  // of the table; 0: any
  bool with_chart = false;
  Style style = Style(false);
  const SeriesHistory* history = nullptr;  // of a question that is asked again and again
};

// A table; of a range below a chart where there is one. Empty when there are no points.
std::string AnswerText(const QueryAnswer& answer, const std::optional<TimeRange>& range, const AnswerView& view);

// Infos and warnings, a line each; "" when there are none.
std::string NotesText(const std::vector<std::string>& infos, const std::vector<std::string>& warnings,
                      const Style& style);

}  // namespace tributary
