#include "common/sink/labels.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/metric/series_key.h"
#include "common/sink/prometheus_name.h"

namespace tributary {
namespace {

absl::string_view ValueOf(absl::string_view tag) {
  return absl::StrContains(tag, ':') ? TagValue(tag) : absl::string_view("true");
}

auto Find(Labels& labels, absl::string_view name) {
  return std::lower_bound(labels.begin(), labels.end(), name,
                          [](const auto& label, absl::string_view sought) { return label.first < sought; });
}

bool Has(Labels& labels, absl::string_view name) {
  const auto found = Find(labels, name);
  return found != labels.end() && found->first == name;
}

void Join(Labels& labels, absl::string_view name, absl::string_view value) {
  const auto found = Find(labels, name);
  if (found != labels.end() && found->first == name) {
    absl::StrAppend(&found->second, ",", value);
  } else {
    labels.emplace(found, std::string(name), std::string(value));
  }
}

std::string PrometheusLabelOf(absl::string_view tag_key) {
  std::string name = PrometheusLabelName(tag_key);
  for (const absl::string_view reserved : {"__name__", "quantile", "tributary_partial", "tributary_late"}) {
    if (name == reserved) return absl::StrCat("exported_", name);
  }
  return name;
}

}  // namespace

Labels JoinedTags(const std::vector<std::string>& tags) {
  Labels labels;
  for (const std::string& tag : tags) Join(labels, TagKey(tag), ValueOf(tag));
  return labels;
}

Labels PrometheusLabels(const std::vector<std::string>& tags, const Labels& further) {
  Labels labels;
  for (const std::string& tag : tags) {
    const std::string value = ValidUtf8(ValueOf(tag));
    if (!value.empty()) Join(labels, PrometheusLabelOf(TagKey(tag)), value);
  }
  for (const auto& [key, value] : further) {
    const std::string name = PrometheusLabelOf(key);
    if (!value.empty() && !Has(labels, name)) SetLabel(labels, name, ValidUtf8(value));
  }
  return labels;
}

void SetLabel(Labels& labels, absl::string_view name, absl::string_view value) {
  const auto found = Find(labels, name);
  if (found != labels.end() && found->first == name) {
    found->second = std::string(value);
  } else {
    labels.emplace(found, std::string(name), std::string(value));
  }
}

}  // namespace tributary
