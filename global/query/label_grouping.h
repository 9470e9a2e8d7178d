#pragma once

#include <set>
#include <string>

#include "common/sink/labels.h"

namespace tributary {

// Which labels of a series name its group: these, or with `without` all but these. Labels are PrometheusLabels: the
// same ones a remote write shows. A value.
struct LabelGrouping {
  std::set<std::string> labels;
  bool without = false;

  Labels GroupOf(const Labels& series) const;
};

}  // namespace tributary
