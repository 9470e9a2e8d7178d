#include "local/shard/tag_values.h"

#include <algorithm>
#include <string>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "local/shard/series.h"

namespace tributary {
namespace {

uint64_t HashOfValue(const std::string& metric, absl::string_view tag) { return absl::HashOf(metric, tag); }
uint64_t HashOfTag(const std::string& metric, absl::string_view tag) { return absl::HashOf(metric, TagKey(tag)); }

}  // namespace

void TagValues::Add(const SeriesKey& key) {
  for (const std::string& tag : key.tags) {
    if (TagValue(tag) == kOtherText) continue;
    if (++series_of_value_[HashOfValue(key.name, tag)] == 1) ++values_of_tag_[HashOfTag(key.name, tag)];
  }
}

void TagValues::Remove(const SeriesKey& key) {
  for (const std::string& tag : key.tags) {
    if (TagValue(tag) == kOtherText) continue;
    const auto value = series_of_value_.find(HashOfValue(key.name, tag));
    if (--value->second > 0) continue;
    series_of_value_.erase(value);
    const auto values = values_of_tag_.find(HashOfTag(key.name, tag));
    if (--values->second == 0) values_of_tag_.erase(values);
  }
}

bool TagValues::Fits(const std::string& metric, const std::string& tag, size_t max_values) const {
  const auto values = values_of_tag_.find(HashOfTag(metric, tag));
  const bool has_room = values == values_of_tag_.end() || values->second < max_values;
  return has_room || TagValue(tag) == kOtherText || series_of_value_.contains(HashOfValue(metric, tag));
}

bool TagValues::HasRoom(const SeriesKey& key, size_t max_values) const {
  return std::all_of(key.tags.begin(), key.tags.end(),
                     [&](const std::string& tag) { return Fits(key.name, tag, max_values); });
}

void TagValues::Fold(SeriesKey& key, size_t max_values) const {
  for (std::string& tag : key.tags) {
    if (!Fits(key.name, tag, max_values)) tag = absl::StrCat(TagKey(tag), ":", kOtherText);
  }
  key.Canonicalise();
}

}  // namespace tributary
