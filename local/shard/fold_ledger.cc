#include "local/shard/fold_ledger.h"

#include <utility>

#include "absl/hash/hash.h"
#include "local/shard/series.h"

namespace tributary {

void FoldLedger::Add(absl::string_view metric, const Client& client, FoldReason reason, uint64_t samples) {
  Find(metric, client, reason).samples += samples;
}

Fold& FoldLedger::Find(absl::string_view metric, const Client& client, FoldReason reason) {
  const uint64_t hash = absl::HashOf(metric, client.hash, reason);
  if (const auto found = index_.find(hash); found != index_.end()) return folds_[found->second];
  if (folds_.size() < kMaxFolds) {
    index_.emplace(hash, folds_.size());
    return folds_.emplace_back(Fold{std::string(metric), client.peer, reason});
  }
  const uint64_t beyond = absl::HashOf(reason);
  const auto [found, is_new] = index_.try_emplace(beyond, folds_.size());
  if (is_new) folds_.push_back(Fold{std::string(kOtherText), Peer(), reason});
  return folds_[found->second];
}

std::vector<Fold> FoldLedger::Take() {
  index_.clear();
  return std::exchange(folds_, {});
}

}  // namespace tributary
