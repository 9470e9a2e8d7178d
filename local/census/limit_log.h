#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/clock.h"
#include "local/shard/client_table.h"
#include "local/shard/fold_ledger.h"

namespace tributary {

// Warns of what limits have folded and dropped: which limit, which metric, which client, what became of it.
// At most kLinesPerInterval lines at a time, the largest first, and each limit and metric once in kPeriod.
// Thread-compatible.
class LimitLog {
 public:
  static constexpr size_t kLinesPerInterval = 5;
  static constexpr absl::Duration kPeriod = absl::Minutes(1);
  using NameOf = std::function<std::string(const Peer& client)>;

  // `clock` outlives this.
  explicit LimitLog(const Clock& clock) : clock_(clock) {}

  // Once per interval, both largest first.
  void Tell(const std::vector<Fold>& folds, const std::vector<Client>& clients, const NameOf& name_of);
  // The lines of Tell, without its logging them.
  std::vector<std::string> Lines(const std::vector<Fold>& folds, const std::vector<Client>& clients,
                                 const NameOf& name_of);

 private:
  // Whether it was not told in the last kPeriod; it counts as told then.
  bool Due(const std::string& limit_and_whom);

  const Clock& clock_;
  absl::flat_hash_map<std::string, absl::Time> told_;  // in the last kPeriod
};

}  // namespace tributary
