#include "global/query/label_grouping.h"

#include <algorithm>
#include <iterator>

namespace tributary {

Labels LabelGrouping::GroupOf(const Labels& series) const {
  Labels group;
  std::copy_if(series.begin(), series.end(), std::back_inserter(group),
               [this](const auto& label) { return (labels.count(label.first) > 0) != without; });
  return group;
}

}  // namespace tributary
