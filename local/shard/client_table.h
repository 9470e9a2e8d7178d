#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/net/peer.h"

namespace tributary {

// Who sends, and what of it one shard has seen in one interval. A value.
struct Client {
  Peer peer;          // nobody: who is unknown, or beyond the table's bound
  uint64_t hash = 0;  // of the peer
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t lines = 0;
  uint64_t lines_rejected = 0;
  uint64_t samples = 0;
  uint64_t samples_dropped = 0;  // beyond limits.max_samples_per_client
  // As the client writes them; one that several clients send counts for the first in an interval.
  uint64_t series = 0;
  uint64_t series_folded = 0;

  // The counts; what another shard has of the same client.
  Client& operator+=(const Client& other);
};

// The clients of one shard in the open interval.
//
// Bounds:  kMaxClients; those who send already keep their place, further ones are one client together, nobody. 0.1 MiB.
// Cost:    one comparison when the last client sends again, else one look-up; no allocation for those who are known.
// Threads: owned by one reader.
class ClientTable {
 public:
  static constexpr size_t kMaxClients = 1024;

  ClientTable();

  // Valid until Take.
  Client& Find(const Peer& peer) { return last_->peer == peer ? *last_ : *(last_ = &FindOther(peer)); }

  // Those who have sent since the last call, and begins anew.
  std::vector<Client> Take();

 private:
  Client& FindOther(const Peer& peer);

  std::vector<Client> clients_;  // the first is nobody; never moves
  absl::flat_hash_map<Peer, size_t> index_;
  Client* last_;
};

}  // namespace tributary
