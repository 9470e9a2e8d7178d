#include "common/config/config_changes.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"

namespace tributary {
namespace {

using KeysByPath = std::map<absl::string_view, const ConfigKey*>;

KeysByPath ByPath(const std::vector<ConfigKey>& keys) {
  KeysByPath by_path;
  for (const ConfigKey& key : keys) by_path.emplace(key.path, &key);
  return by_path;
}

const ConfigKey* Find(const KeysByPath& keys, absl::string_view path) {
  const auto found = keys.find(path);
  return found == keys.end() ? nullptr : found->second;
}

// Of a key that only one reading has: the list's item that came or went.
absl::string_view ItemOf(absl::string_view path) {
  const size_t bracket = path.find(']');
  return bracket == absl::string_view::npos ? path : path.substr(0, bracket + 1);
}

void AddOnce(std::vector<std::string>& paths, absl::string_view path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.emplace_back(path);
}

}  // namespace

bool CoversConfigPath(absl::string_view prefix, absl::string_view path) {
  if (!absl::StartsWith(path, prefix)) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '.' || path[prefix.size()] == '[';
}

ConfigChanges CompareConfigs(const std::vector<ConfigKey>& before, const std::vector<ConfigKey>& after,
                             const std::vector<std::string>& reloadable) {
  const KeysByPath old_keys = ByPath(before), new_keys = ByPath(after);
  const auto can_reload = [&](absl::string_view path) {
    return std::any_of(reloadable.begin(), reloadable.end(),
                       [&](const std::string& prefix) { return CoversConfigPath(prefix, path); });
  };
  ConfigChanges changes;
  for (const ConfigKey& key : after) {
    const ConfigKey* old_key = Find(old_keys, key.path);
    const bool changed = old_key == nullptr || old_key->compared != key.compared;
    const bool reloads = can_reload(key.path);
    if (changed) AddOnce(reloads ? changes.applied : changes.need_restart, old_key ? key.path : ItemOf(key.path));
    if (!changed || reloads) {
      changes.keys.push_back(key);
    } else if (old_key != nullptr) {
      changes.keys.push_back(*old_key);
    }
  }
  for (const ConfigKey& key : before) {
    if (Find(new_keys, key.path) != nullptr) continue;
    const bool reloads = can_reload(key.path);
    AddOnce(reloads ? changes.applied : changes.need_restart, ItemOf(key.path));
    if (!reloads) changes.keys.push_back(key);
  }
  return changes;
}

}  // namespace tributary
