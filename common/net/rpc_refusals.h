#pragma once

#include <atomic>
#include <cstdint>

namespace tributary {

// What gRPC peers were refused, counted since the start. Thread-safe.
struct RpcRefusals {
  // Because of who they are.
  std::atomic<uint64_t> identity{0};  // handshakes: a certificate of another cluster, or of none
  std::atomic<uint64_t> role{0};      // calls that are not for this role
  std::atomic<uint64_t> instance{0};  // streams with an instance that another certificate has
  // Because of what they do: connections.
  std::atomic<uint64_t> connections{0};  // one too many
  std::atomic<uint64_t> evicted{0};      // silent for the longest time of too many
  // Streams.
  std::atomic<uint64_t> sessions{0};     // one too many
  std::atomic<uint64_t> silent{0};       // without a message for too long
  std::atomic<uint64_t> unread{0};       // ended before a first message could be read
  std::atomic<uint64_t> undecodable{0};  // with a message that is none of ours
};

}  // namespace tributary
