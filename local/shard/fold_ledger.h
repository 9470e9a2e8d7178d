#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/net/peer.h"
#include "local/shard/client_table.h"
#include "local/shard/series_limiter.h"

namespace tributary {

// Samples of one metric and client that a limit has folded. A value.
struct Fold {
  std::string metric;  // as the client names it; `__other__` for what is beyond the ledger's bound
  Peer client;
  FoldReason reason = FoldReason::kNone;
  uint64_t samples = 0;
};

// Whose samples were folded in the open interval, so that the guilty can be named.
//
// Bounds:  kMaxFolds, the first to come; what is beyond is one for each reason. At most 1.2 MiB, of names.
// Cost:    one look-up for each folded sample; none for others.
// Threads: owned by one reader.
class FoldLedger {
 public:
  static constexpr size_t kMaxFolds = 1024;

  void Add(absl::string_view metric, const Client& client, FoldReason reason, uint64_t samples);
  // Everything since the last call.
  std::vector<Fold> Take();

 private:
  Fold& Find(absl::string_view metric, const Client& client, FoldReason reason);

  std::vector<Fold> folds_;
  absl::flat_hash_map<uint64_t, size_t> index_;  // by the hash of metric, client and reason
};

}  // namespace tributary
