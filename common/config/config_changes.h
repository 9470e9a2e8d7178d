#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/config/config_node.h"

namespace tributary {

// What a second reading of a configuration differs in, and what of that can take effect at once.
struct ConfigChanges {
  std::vector<std::string> applied;       // paths that changed and are reloadable
  std::vector<std::string> need_restart;  // paths that changed and are not
  std::vector<ConfigKey> keys = {};       // in force from now on: new values of the former, old ones of the latter
};

// `reloadable` names keys, sections or lists: "rules" covers "rules[0].name", "forward.proxies" only itself. An item
// that one reading has and the other has not is told as a whole: "sinks[1]".
ConfigChanges CompareConfigs(const std::vector<ConfigKey>& before, const std::vector<ConfigKey>& after,
                             const std::vector<std::string>& reloadable);

// Whether `path` is what `prefix` names, or in it.
bool CoversConfigPath(absl::string_view prefix, absl::string_view path);

}  // namespace tributary
