#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/metric/series_key.h"

namespace tributary {

// Which series and events a sink takes. Patterns are globs over the whole text (common/rules/glob.h). A value.
//
// A series passes when its name matches one of `names` (or there are none) and none of `exclude_names`, and each of
// `tags` matches one of its tags, and none of `exclude_tags` does. A tag pattern is matched against `key:value` or the
// bare tag as sent: "env:prod", "region:eu-*".
struct RowFilter {
  std::vector<std::string> names;
  std::vector<std::string> exclude_names;
  std::vector<std::string> tags;
  std::vector<std::string> exclude_tags;

  bool Matches(const SeriesKey& key) const { return Matches(key.name, key.tags); }
  // An event's name is its title.
  bool Matches(absl::string_view name, const std::vector<std::string>& its_tags) const;
};

}  // namespace tributary
