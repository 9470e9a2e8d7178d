#pragma once

#include <vector>

#include "common/base/clock.h"
#include "common/telemetry/telemetry.h"
#include "global/store/ledger.h"

namespace tributary {

// What a ledger tells of itself to whoever scrapes. Owned by main; the ledger, clock and telemetry outlive it.
class StoreReadings {
 public:
  StoreReadings(const Ledger& ledger, const Clock& clock, Telemetry& telemetry);

 private:
  std::vector<Telemetry::Reading> readings_;
};

// One line: what the store will take when every retention has passed once.
void LogProjection(const Ledger& ledger);

}  // namespace tributary
