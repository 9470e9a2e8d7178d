#pragma once

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "common/hash/hash128.h"
#include "common/metric/series_key.h"
#include "common/rules/scope.h"

namespace tributary {

// What series beyond a limit are folded into: the value of a tag, the only tag of a metric, or the name of the last
// resort.
inline constexpr absl::string_view kOtherText = "__other__";

// What a sample is added to, as the rules have decided. Immutable and shared: a window keeps the series it has samples
// of, whatever becomes of the table that issued their ids.
struct Series {
  SeriesKey key;
  Scope scope = Scope::kGlobal;
  Hash128 hash;              // HashOf(key)
  uint64_t dither_seed = 0;  // of the host and the key, for digests
};
using SeriesPtr = std::shared_ptr<const Series>;

// Number of a series in the table that issued it, until that forgets the series.
using SeriesId = uint32_t;

}  // namespace tributary
