#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// Which lines a tap shows: a glob over the name and, in braces, globs of which each must match one whole tag.
//
//   api.*{region:eu*,canary}
//
// It reads the text of a line as the client sent it, so that a line that is refused can be matched too. The name is
// what is before the first ':' or '|'; of a service check, the check's. Tags are those of the last '#' section.
// A value.
class TapPattern {
 public:
  static absl::StatusOr<TapPattern> Parse(absl::string_view text);

  bool Matches(absl::string_view line) const;

 private:
  std::string name_;
  std::vector<std::string> tags_;
};

}  // namespace tributary
