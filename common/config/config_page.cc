#include "common/config/config_page.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace tributary {
namespace {

using Lines = std::vector<std::string>;

// What has a name in the file: a section, a list of maps whose items are named "[0]", or a key.
struct Entry {
  std::string name;
  const ConfigKey* key = nullptr;  // null: it has entries
  std::vector<Entry> entries = {};

  bool is_list() const { return !entries.empty() && entries.front().name.front() == '['; }
};

Entry& ChildOf(Entry& parent, absl::string_view name) {
  for (Entry& entry : parent.entries) {
    if (entry.name == name) return entry;
  }
  return parent.entries.emplace_back(Entry{std::string(name)});
}

// "sinks[0].url" is in three steps from the root: sinks, [0], url.
Entry TreeOf(const std::vector<ConfigKey>& keys) {
  Entry root;
  for (const ConfigKey& key : keys) {
    Entry* place = &root;
    const std::string steps = absl::StrReplaceAll(key.path, {{"[", ".["}});
    for (absl::string_view step : absl::StrSplit(steps, '.')) place = &ChildOf(*place, step);
    place->key = &key;
  }
  return root;
}

Lines LinesOf(const Entry& parent);

void Append(const Lines& block, absl::string_view first, absl::string_view others, Lines& lines) {
  for (size_t i = 0; i < block.size(); ++i) lines.push_back(absl::StrCat(i == 0 ? first : others, block[i]));
}

Lines LinesOf(const Entry& parent) {
  Lines lines;
  for (const Entry& entry : parent.entries) {
    if (entry.key != nullptr) {
      lines.push_back(absl::StrCat(entry.name, ": ", entry.key->value, "  # ", entry.key->source));
    } else if (parent.is_list()) {
      Append(LinesOf(entry), "- ", "  ", lines);
    } else {
      lines.push_back(absl::StrCat(entry.name, ":"));
      Append(LinesOf(entry), "  ", "  ", lines);
    }
  }
  return lines;
}

}  // namespace

std::string FormatConfigPage(const std::vector<ConfigKey>& keys) {
  std::string page;
  for (const std::string& line : LinesOf(TreeOf(keys))) absl::StrAppend(&page, line, "\n");
  return page;
}

}  // namespace tributary
