#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/base/casts.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/bytes.h"
#include "common/sketch/tdigest_body.h"

namespace tributary {

// What both versions of the digest's wire form share; docs/sketches.md has their layouts. Private to tdigest_codec*.cc.

// How the means of single values and of averages are written.
enum class MeanForm : uint8_t {
  kFloat = 0,   // as float32
  kOffset = 1,  // the distance to min as float32, when all values are close together and far from zero
  kDouble = 2,  // as double, when a float32 would be denormal
};

// Flags: bits 0-1 MeanForm, 2-3 Coordinate, then these.
constexpr uint8_t kFirstIsMin = 1 << 4;
constexpr uint8_t kLastIsMax = 1 << 5;
constexpr uint8_t kTotalsDiffer = 1 << 6;   // count or sum is not what the rows add up to
constexpr uint8_t kWeightsScaled = 1 << 7;  // weights are in steps of another size than 1

constexpr int kMinWeightShift = -48;
constexpr int kMaxWeightShift = 30;

// Of the single values: what MeanOf rounds to.
constexpr int kNoDecimals = 7;
constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

struct Layout {
  MeanForm form = MeanForm::kFloat;
  Coordinate coordinate = Coordinate::kLinear;
  bool first_is_min = false;
  bool last_is_max = false;
  double min = 0;
  double max = 0;
  int weight_shift = 0;  // weights are in steps of 2^-weight_shift
  int decimals = kNoDecimals;

  // Weight 1: a value that came once.
  uint64_t UnitSteps() const { return weight_shift < 0 ? 1 : uint64_t{1} << weight_shift; }
  // Min or max itself, which is written already; null of any other row.
  const double* KnownMean(size_t row, size_t row_count) const {
    if (row == 0 && first_is_min) return &min;
    return row + 1 == row_count && last_is_max ? &max : nullptr;
  }
};

inline uint32_t OrderedFloat(double value) {
  const uint32_t bits = absl::bit_cast<uint32_t>(static_cast<float>(value));
  return bits >> 31 ? ~bits : bits | (uint32_t{1} << 31);
}

inline double FromOrderedFloat(uint32_t key) {
  return absl::bit_cast<float>(key >> 31 ? key & ~(uint32_t{1} << 31) : ~key);
}

inline uint64_t OrderedDouble(double value) {
  const uint64_t bits = absl::bit_cast<uint64_t>(value);
  return bits >> 63 ? ~bits : bits | (uint64_t{1} << 63);
}

inline double FromOrderedDouble(uint64_t key) {
  return absl::bit_cast<double>(key >> 63 ? key & ~(uint64_t{1} << 63) : ~key);
}

// The mean as a number that ascends with it, without its `dropped` low bits: the nearest. Of doubles none is dropped.
inline uint64_t KeyOf(const Layout& layout, double mean, int dropped = 0) {
  if (layout.form == MeanForm::kDouble) return OrderedDouble(mean);
  const uint64_t key = OrderedFloat(layout.form == MeanForm::kOffset ? mean - layout.min : mean);
  return (key + ((uint64_t{1} << dropped) >> 1)) >> dropped;
}

// Single values with few decimals come back exactly: the key is nearer to them than half a last decimal.
inline double MeanOf(const Layout& layout, uint64_t key, int dropped, bool atom) {
  if (layout.form == MeanForm::kDouble) return FromOrderedDouble(key) + 0.0;
  double mean = FromOrderedFloat(static_cast<uint32_t>(key << dropped)) + 0.0;
  if (layout.form == MeanForm::kOffset) mean += layout.min;
  if (!atom || layout.decimals == kNoDecimals) return mean;
  const double power = kPowersOfTen[layout.decimals];
  const double scaled = mean * power;
  // Adding this leaves no bits for a fraction: the nearest whole number, ties to even.
  constexpr double kNoFraction = 0x1.8p52;
  return std::fabs(scaled) < 0x1p51 ? ((scaled + kNoFraction) - kNoFraction) / power + 0.0 : mean;
}

inline uint64_t MaxKey(const Layout& layout, int dropped) {
  return layout.form == MeanForm::kDouble ? std::numeric_limits<uint64_t>::max()
                                          : std::numeric_limits<uint32_t>::max() >> dropped;
}

// What the rows add up to; the wire carries only what the exact count and sum differ from it by.
struct Totals {
  Fixed128 count;
  Fixed192 sum;

  friend bool operator==(const Totals&, const Totals&) = default;
};

// Of rows whose weights add up to `steps` of 2^-shift.
Totals TotalsOf(const std::vector<Centroid>& rows, unsigned __int128 steps, int shift);
void WriteDifference(ByteWriter& writer, const Totals& exact, const Totals& rows);
void ReadDifference(ByteReader& reader, Totals& totals);
// Whether a digest of such rows can have that count and sum.
bool Plausible(const Totals& exact, const Totals& rows, double min, double max);

// Rows as a reader will have them, one after the other.
class RowSettler {
 public:
  explicit RowSettler(const Layout& layout)
      : step_(std::ldexp(1, -layout.weight_shift)), max_(layout.max), mean_(layout.min) {}

  // Rounding may have moved a mean past its neighbour.
  Centroid Settle(double mean, uint64_t steps, bool atom) {
    mean_ = std::min(std::max(mean, mean_), max_);
    const auto rounded = static_cast<double>(steps);
    steps_ += static_cast<uint64_t>(rounded);  // at most 2^63
    return Centroid{.mean = mean_, .weight = rounded * step_, .atom = atom};
  }
  // Of the weights of all rows so far.
  unsigned __int128 steps() const { return steps_; }

 private:
  const double step_;
  const double max_;
  double mean_;
  unsigned __int128 steps_ = 0;
};

// Without the low bytes that are zero: a count of the other bytes, then those.
void WriteTrimmed(ByteWriter& writer, double value);
double ReadTrimmed(ByteReader& reader);

absl::Status MalformedDigest(absl::string_view what);

// Version 1, which is read only: rows in bytes. Fills body.rows and, of all the rest, count and sum.
absl::Status ReadRowsV1(ByteReader& reader, const Layout& layout, size_t row_count, RowSettler& settler,
                        std::vector<Centroid>& rows);

}  // namespace tributary
