#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/rules/glob.h"

namespace tributary {

// Which names are told of: those that a glob of `include` matches and none of `exclude` does.
struct DeviceFilter {
  std::vector<std::string> include = {"*"};
  std::vector<std::string> exclude = {};

  bool Takes(absl::string_view name) const {
    const auto matches = [name](const std::string& pattern) { return GlobMatches(pattern, name); };
    return std::any_of(include.begin(), include.end(), matches) &&
           std::none_of(exclude.begin(), exclude.end(), matches);
  }
};

}  // namespace tributary
