#pragma once

#include <atomic>
#include <cstdint>

namespace tributary {

// What was refused to peers because of who they are, counted since the start. Thread-safe.
struct TlsRefusals {
  std::atomic<uint64_t> identity{0};  // handshakes: a certificate of another cluster, or of none
  std::atomic<uint64_t> role{0};      // calls that are not for this role
  std::atomic<uint64_t> instance{0};  // streams with an instance that another certificate has
};

}  // namespace tributary
