#pragma once

#include <sys/eventfd.h>

#include <cstdint>

#include "common/base/check.h"
#include "common/net/file_descriptor.h"

namespace tributary {

// Wakes a thread that waits in poll or epoll. Thread-safe.
class WakeEvent {
 public:
  WakeEvent() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { TRIBUTARY_CHECK(event_.open()); }

  void Wake() { [[maybe_unused]] const ssize_t written = ::write(event_.number(), &kOne, sizeof kOne); }
  // Forgets all wakes so far.
  void Clear() {
    uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t read_bytes = ::read(event_.number(), &wakes, sizeof wakes);
  }
  int number() const { return event_.number(); }

 private:
  static constexpr uint64_t kOne = 1;
  FileDescriptor event_;
};

}  // namespace tributary
