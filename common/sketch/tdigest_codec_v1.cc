// Version 1 of the wire form, which is read but not written any more: a row is a varint tag and a mean, each mean the
// distance to the one before as a varint.

#include "common/sketch/tdigest_wire.h"

namespace tributary {
namespace {

// Row tags: bit 0 says average; of an atom bit 1 says that its value follows as a whole double. The rest is the weight.
constexpr uint64_t kAverage = 1;
constexpr uint64_t kExact = 2;

}  // namespace

absl::Status ReadRowsV1(ByteReader& reader, const Layout& layout, size_t row_count, RowSettler& settler,
                        std::vector<Centroid>& rows) {
  if (row_count > reader.rest().size()) return MalformedDigest("row count");
  const double step = std::ldexp(1, -layout.weight_shift);
  uint64_t key = KeyOf(layout, layout.min);
  rows.reserve(row_count);
  for (size_t i = 0; i < row_count; ++i) {
    const uint64_t tag = reader.Varint();
    const bool atom = (tag & kAverage) == 0;
    const uint64_t steps = tag >> (atom ? 2 : 1);
    if (steps == 0 || !Fixed128::Representable(static_cast<double>(steps) * step)) return MalformedDigest("weight");
    double mean;
    if (const double* known = layout.KnownMean(i, row_count)) {
      mean = *known;
    } else if (atom && (tag & kExact) != 0) {
      mean = reader.F64() + 0.0;
      if (!Fixed192::Representable(mean)) return MalformedDigest("mean");
      key = std::max(key, KeyOf(layout, mean));
    } else {
      const uint64_t distance = reader.Varint();
      if (distance > MaxKey(layout, 0) - key) return MalformedDigest("mean");
      key += distance;
      mean = MeanOf(layout, key, 0, atom);
    }
    if (!reader.ok() || !Fixed192::Representable(mean)) return MalformedDigest("row");
    rows.push_back(settler.Settle(mean, steps, atom));
  }
  return absl::OkStatus();
}

}  // namespace tributary
