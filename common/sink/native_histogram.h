#pragma once

#include <cstdint>

#include "common/sketch/exponential_histogram.h"

namespace prometheus {
class Histogram;
}

namespace tributary {

// Writes a histogram as remote write 1.0 has it. Runs of empty buckets that cost more than a span are left out.
// REQUIRES: a scale that is one of Prometheus's schemas, -4 to 8.
void WriteHistogram(const ExponentialHistogram& histogram, int64_t unix_ms, prometheus::Histogram& out);

}  // namespace tributary
