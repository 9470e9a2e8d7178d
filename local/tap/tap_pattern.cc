#include "local/tap/tap_pattern.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/rules/glob.h"

namespace tributary {
namespace {

constexpr size_t kMaxPatternBytes = 1024;
constexpr size_t kMaxTagGlobs = 16;

absl::string_view NameOf(absl::string_view line) {
  if (absl::ConsumePrefix(&line, "_sc|")) return line.substr(0, line.find('|'));
  return line.substr(0, line.find_first_of(":|"));
}

absl::string_view TagsOf(absl::string_view line) {
  const size_t begin = line.rfind("|#");
  if (begin == absl::string_view::npos) return "";
  line.remove_prefix(begin + 2);
  return line.substr(0, line.find('|'));
}

bool AnyTagMatches(absl::string_view glob, absl::string_view tags) {
  const auto each = absl::StrSplit(tags, ',');
  return std::any_of(each.begin(), each.end(), [&](absl::string_view tag) { return GlobMatches(glob, tag); });
}

}  // namespace

absl::StatusOr<TapPattern> TapPattern::Parse(absl::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("an empty pattern; * matches every line");
  if (text.size() > kMaxPatternBytes) return absl::InvalidArgumentError("a pattern of more than 1024 bytes");
  TapPattern pattern;
  const size_t brace = text.find('{');
  pattern.name_ = std::string(brace == 0 ? "*" : text.substr(0, brace));
  if (brace == absl::string_view::npos) return pattern;
  absl::string_view tags = text.substr(brace + 1);
  if (!absl::ConsumeSuffix(&tags, "}")) return absl::InvalidArgumentError("the pattern must end with its }");
  for (const absl::string_view tag : absl::StrSplit(tags, ',', absl::SkipEmpty())) pattern.tags_.emplace_back(tag);
  if (pattern.tags_.size() > kMaxTagGlobs) return absl::InvalidArgumentError("a pattern of more than 16 tags");
  return pattern;
}

bool TapPattern::Matches(absl::string_view line) const {
  if (!GlobMatches(name_, NameOf(line))) return false;
  if (tags_.empty()) return true;
  const absl::string_view tags = TagsOf(line);
  return std::all_of(tags_.begin(), tags_.end(), [tags](absl::string_view glob) { return AnyTagMatches(glob, tags); });
}

}  // namespace tributary
