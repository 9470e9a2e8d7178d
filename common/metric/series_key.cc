#include "common/metric/series_key.h"

#include <algorithm>
#include <functional>

#include "common/base/bytes.h"

namespace tributary {

void SeriesKey::Canonicalise() {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  if (!tags.empty() && tags.front().empty()) tags.erase(tags.begin());
}

bool SeriesKey::IsCanonical() const {
  const bool ascending = std::adjacent_find(tags.begin(), tags.end(), std::greater_equal<>()) == tags.end();
  return ascending && (tags.empty() || !tags.front().empty());
}

bool SeriesKey::IsWithinLimits() const {
  if (name.empty() || name.size() > kMaxNameBytes || tags.size() > kMaxTags) return false;
  return std::all_of(tags.begin(), tags.end(), [](const std::string& tag) { return tag.size() <= kMaxTagBytes; });
}

std::string CanonicalBytes(const SeriesKey& key) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.U8(static_cast<uint8_t>(key.type));
  writer.Sized(key.name);
  for (const std::string& tag : key.tags) writer.Sized(tag);
  return bytes;
}

Hash128 HashOf(const SeriesKey& key, uint64_t cluster_seed) { return Xxh3Hash128(CanonicalBytes(key), cluster_seed); }

absl::string_view TagKey(absl::string_view tag) { return tag.substr(0, tag.find(':')); }

absl::string_view TagValue(absl::string_view tag) {
  const size_t colon = tag.find(':');
  return colon == absl::string_view::npos ? absl::string_view() : tag.substr(colon + 1);
}

absl::string_view FindTag(const std::vector<std::string>& tags, absl::string_view key) {
  for (const std::string& tag : tags) {
    if (TagKey(tag) == key) return TagValue(tag);
  }
  return absl::string_view();
}

}  // namespace tributary
