#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace tributary {

// How much a running total has risen since it was seen last. A total that is lower began anew: its rise is not known,
// as that of the first.
class Rise {
 public:
  std::optional<uint64_t> To(uint64_t total) {
    const std::optional<uint64_t> last = std::exchange(last_, total);
    if (!last.has_value() || total < *last) return {};
    return total - *last;
  }

 private:
  std::optional<uint64_t> last_;
};

}  // namespace tributary
