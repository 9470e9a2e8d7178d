#include "common/sink/row_filter.h"

#include <algorithm>

#include "common/rules/glob.h"

namespace tributary {
namespace {

bool AnyMatches(const std::vector<std::string>& globs, absl::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [text](const std::string& glob) { return GlobMatches(glob, text); });
}

bool MatchesAny(absl::string_view glob, const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [glob](const std::string& text) { return GlobMatches(glob, text); });
}

}  // namespace

bool RowFilter::Matches(absl::string_view name, const std::vector<std::string>& its_tags) const {
  if (!names.empty() && !AnyMatches(names, name)) return false;
  if (AnyMatches(exclude_names, name)) return false;
  for (const std::string& tag : tags) {
    if (!MatchesAny(tag, its_tags)) return false;
  }
  return std::none_of(exclude_tags.begin(), exclude_tags.end(),
                      [&its_tags](const std::string& tag) { return MatchesAny(tag, its_tags); });
}

}  // namespace tributary
