#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

struct YamlEntry;

// One YAML value with the line it starts on. Aliases are expanded; tags and styles are forgotten. A value.
struct YamlValue {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;  // from 1; 0 where there is no file
  std::string scalar = {};
  std::vector<YamlValue> items = {};
  std::vector<YamlEntry> entries;  // keys are unique

  // Null when there is no such entry.
  const YamlEntry* Find(absl::string_view key) const;
};

struct YamlEntry {
  std::string key;
  int line = 0;
  YamlValue value;
};

struct YamlDuplicate {
  std::string key;
  int line = 0;
  int first_line = 0;
};

// The one document of `text`; an empty text is an empty map. Of keys that come twice in a map the first stays, and the
// others are told in `duplicates`. The error starts with "file:line: ". Bounds: depth kMaxYamlDepth, and
// kMaxYamlBytes after expansion of aliases, each value counting 64 bytes besides its text.
inline constexpr size_t kMaxYamlDepth = 64;
inline constexpr size_t kMaxYamlBytes = 16 << 20;
absl::StatusOr<YamlValue> ParseYamlTree(absl::string_view text, absl::string_view file,
                                        std::vector<YamlDuplicate>& duplicates);

}  // namespace tributary
