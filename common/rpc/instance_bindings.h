#pragma once

#include <deque>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace tributary {

// Which certificate each instance came with first: no other may speak for it.
//
// Bounds:  64 instances of one certificate are remembered, the oldest is forgotten first, so that nobody can make a
//          place empty but its own; certificates are as many as the authority has signed, at most 65,536, beyond which
//          new ones are not bound.
// Threads: thread-compatible.
class InstanceBindings {
 public:
  // False when `instance` is another certificate's.
  bool Admit(absl::string_view instance, absl::string_view uri);
  // Whether it is known to be another certificate's; binds nothing.
  bool IsOfAnother(absl::string_view instance, absl::string_view uri) const;

 private:
  static constexpr size_t kMaxInstances = 64;
  static constexpr size_t kMaxCertificates = 65536;

  absl::flat_hash_map<std::string, std::string> uris_;                   // by instance
  absl::flat_hash_map<std::string, std::deque<std::string>> instances_;  // by URI, the oldest first
};

}  // namespace tributary
