#include "proxy/promql/selector.h"

#include <algorithm>

#include "proxy/promql/value.h"

namespace tributary::promql {

Labels GroupLabels(const Labels& labels, const Grouping& grouping) {
  Labels group;
  for (const auto& label : labels) {
    const bool listed = std::binary_search(grouping.labels.begin(), grouping.labels.end(), label.first);
    if (grouping.without ? !listed && label.first != kMetricName : listed) group.push_back(label);
  }
  return group;
}

}  // namespace tributary::promql
