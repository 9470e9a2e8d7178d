#pragma once

#include <memory>

#include "common/sketch/hyperloglog.h"
#include "common/sketch/tdigest.h"
#include "proxy/promql/value.h"

namespace tributary {

// A merged t-digest as a value of PromQL; `factor` is what its counts and sum are times (rate divides by seconds).
promql::DistributionPtr MakeSketchDistribution(TDigest digest, double factor = 1);

// A merged HyperLogLog: Count is the estimated number of different members; it has no quantiles and no sum.
promql::DistributionPtr MakeSetDistribution(HyperLogLog members);

}  // namespace tributary
