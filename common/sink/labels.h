#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace tributary {

// Sorted by name, names unique.
using Labels = std::vector<std::pair<std::string, std::string>>;

// What storages with a map of labels make of tags, which may be bare and may repeat a key:
//   env:prod          env="prod"
//   foo               foo="true"
//   role:a role:b     role="a,b"      joined, so that no two lists of values look alike but by a comma of their own
Labels JoinedTags(const std::vector<std::string>& tags);

// The same in Prometheus's alphabet (prometheus_name.h), without labels of empty value, which are none there. Names
// that Tributary gives a meaning (quantile, tributary_partial, tributary_late, __name__) become exported_<name>.
// `further` are added where no tag has the name.
Labels PrometheusLabels(const std::vector<std::string>& tags, const Labels& further = {});

// Names a bucket of VictoriaMetrics.
inline constexpr absl::string_view kVmrangeLabel = "vmrange";

// Sets one label, keeping the order.
void SetLabel(Labels& labels, absl::string_view name, absl::string_view value);

}  // namespace tributary
