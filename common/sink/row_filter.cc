#include "common/sink/row_filter.h"

#include <algorithm>

namespace tributary {
namespace {

// On a mismatch it goes back to the last '*' and lets it take one byte more: at most |glob| * |text| steps.
bool GlobMatches(absl::string_view glob, absl::string_view text) {
  size_t g = 0, t = 0;
  size_t star = absl::string_view::npos, star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != absl::string_view::npos) {
      g = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == absl::string_view::npos;
}

bool AnyMatches(const std::vector<std::string>& globs, absl::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [text](const std::string& glob) { return GlobMatches(glob, text); });
}

bool MatchesAny(absl::string_view glob, const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [glob](const std::string& text) { return GlobMatches(glob, text); });
}

}  // namespace

bool RowFilter::Matches(const SeriesKey& key) const {
  if (!names.empty() && !AnyMatches(names, key.name)) return false;
  if (AnyMatches(exclude_names, key.name)) return false;
  for (const std::string& tag : tags) {
    if (!MatchesAny(tag, key.tags)) return false;
  }
  return std::none_of(exclude_tags.begin(), exclude_tags.end(),
                      [&key](const std::string& tag) { return MatchesAny(tag, key.tags); });
}

}  // namespace tributary
