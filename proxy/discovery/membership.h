#pragma once

#include <functional>
#include <vector>

#include "common/hash/view.h"

namespace tributary {

// Knows the globals, as configuration or some directory names them. Calls `on_members` with the whole list at its start
// and after each change, from a thread of its own or that of Reload. Ends with its destruction. Thread-safe.
class Membership {
 public:
  using OnMembers = std::function<void(std::vector<Member>)>;

  virtual ~Membership() = default;
  // Looks again now: SIGHUP.
  virtual void Reload() = 0;
};

}  // namespace tributary
