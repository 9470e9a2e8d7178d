#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/hash/hash128.h"
#include "common/metric/metric_type.h"

namespace tributary {

// Limits of a key everywhere: ingest refuses or folds beyond them, decoders refuse.
inline constexpr size_t kMaxNameBytes = 1024;
inline constexpr size_t kMaxTags = 64;
inline constexpr size_t kMaxTagBytes = 512;

// What makes a series the same series: name, tags and type. A value; compares bytewise.
//
// Tags are `key:value` or bare, sorted bytewise and unique, so that neither the order nor a repetition of tags changes
// identity. Canonicalise() establishes that; everything else may rely on it.
struct SeriesKey {
  std::string name;
  std::vector<std::string> tags;
  MetricType type = MetricType::kCounter;

  // Sorts tags, removes duplicates and empty ones.
  void Canonicalise();
  bool IsCanonical() const;
  // Within the limits above, name not empty.
  bool IsWithinLimits() const;

  friend auto operator<=>(const SeriesKey&, const SeriesKey&) = default;
};

// Injective bytes of a canonical key: type, then varint-sized name and tags.
std::string CanonicalBytes(const SeriesKey& key);
// XXH3-128 of CanonicalBytes, seeded by ClusterSeed(). Its top bits are the partition.
Hash128 HashOf(const SeriesKey& key, uint64_t cluster_seed);

// The part of a tag before the first ':' (all of a bare tag), and after it (empty for a bare tag).
absl::string_view TagKey(absl::string_view tag);
absl::string_view TagValue(absl::string_view tag);
// The value of the first tag with that key; empty when there is none.
absl::string_view FindTag(const std::vector<std::string>& tags, absl::string_view key);

}  // namespace tributary
