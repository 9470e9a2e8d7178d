#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/hash/view.h"
#include "proxy/query/fan_out.h"

namespace tributary {

// A copy to be asked, in the place of a store that no answer is of.
struct CopyToAsk {
  Member holder;
  std::string of;      // whose store it is: the member's id
  uint64_t store = 0;  // its name
  absl::Time through;  // the copy has all that was committed by then
  friend bool operator==(const CopyToAsk&, const CopyToAsk&) = default;
};

// What `answers` tell of copies: of each store that is in none of them and not in `spent` (its rows are elsewhere by
// now), the copy that has most. One for each store, so that no row is counted twice.
std::vector<CopyToAsk> CopiesToAsk(const std::vector<GridAnswer>& answers, const std::set<uint64_t>& spent);
std::vector<CopyToAsk> CopiesToAsk(const std::vector<LabelsAnswer>& answers);

}  // namespace tributary
