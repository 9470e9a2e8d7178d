// The wire form of TDigest, version 2; docs/sketches.md has the layout.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/base/casts.h"
#include "common/base/bits.h"
#include "common/sketch/tdigest_wire.h"

namespace tributary {
namespace {

constexpr uint8_t kVersion = 2;
constexpr double kMostSteps = 0x1p60;

// Rows go in blocks, whose weights are written in as many bits as the largest needs, and so are their means.
constexpr size_t kBlockRows = 16;
constexpr int kWeightWidthBits = 6;
constexpr int kMaxWeightWidth = 61;
constexpr int kMeanWidthBits = 6;
constexpr int kDoubleMeanWidthBits = 7;

constexpr int kDroppedBits = 5;
// Of a block with averages in the digest: where values are that far apart 2^-14 of one is nothing.
constexpr int kMostDropped = 10;
// Of single values, of which none is lost.
constexpr int kMostDroppedExactly = 22;
// Bits that a value with so many decimals may lose: half a last decimal's logarithm, less one.
constexpr int kHalfDecimalLog2[] = {-2, -6, -9, -12, -16, -19, -22};
constexpr int kFloatBits = 23;

// Values that rounding makes equal must not hold more of a fleet's weight: finer towards the ends, where ranks are
// asked to the millionth.
double RankGranularity(double nearest_end) { return 3e-7 + 1e-4 * nearest_end; }

// A digest of n bytes holds no more rows: a block of 16 takes 16 bits at least.
constexpr uint64_t MostRows(uint64_t bytes) { return kBlockRows / 2 * bytes + 2 * kBlockRows; }

bool SurvivesAtom(const Layout& layout, double value) { return MeanOf(layout, KeyOf(layout, value), 0, true) == value; }

MeanForm ChooseForm(const std::vector<Centroid>& rows, double min, double max) {
  const double largest = std::max(std::fabs(min), std::fabs(max));
  const bool offset = max - min < largest / 64;
  for (const Centroid& row : rows) {
    const double written = offset ? row.mean - min : row.mean;
    if (written != 0 && std::fabs(written) < std::numeric_limits<float>::min()) return MeanForm::kDouble;
  }
  return offset ? MeanForm::kOffset : MeanForm::kFloat;
}

// The fewest that all single values have; kNoDecimals when there are none. Whoever has more of them ends the search.
int ChooseDecimals(const std::vector<Centroid>& rows, Layout layout) {
  layout.decimals = 0;
  for (size_t same = 0, i = 0; same < rows.size() && layout.decimals < kNoDecimals;
       i = i + 1 < rows.size() ? i + 1 : 0) {
    if (!rows[i].atom || SurvivesAtom(layout, rows[i].mean)) {
      ++same;
      continue;
    }
    ++layout.decimals;
    same = 0;
    while (layout.decimals < kNoDecimals && !SurvivesAtom(layout, rows[i].mean)) ++layout.decimals;
    same = 1;
  }
  return layout.decimals;
}

// How many low bits of the means of one block go.
class BitDropper {
 public:
  BitDropper(const Layout& layout, const std::vector<Centroid>& rows) : layout_(layout), rows_(rows) {
    for (const Centroid& row : rows) {
      total_ += row.weight;
      averages_ |= !row.atom;
    }
  }

  // Of the next `count` rows, from `begin` on.
  int Next(size_t begin, size_t count) {
    if (layout_.form == MeanForm::kDouble) return 0;
    double weight = 0;
    bool atoms = false;
    for (size_t i = begin; i < begin + count; ++i) {
      weight += rows_[i].weight;
      atoms |= rows_[i].atom;
    }
    const double nearest_end = std::max(0.0, std::min(left_, total_ - left_ - weight)) / total_;
    left_ += weight;
    const double first = rows_[begin].mean;
    const double last = rows_[begin + count - 1].mean;
    const double largest =
        layout_.form == MeanForm::kOffset ? last - layout_.min : std::max(std::fabs(first), std::fabs(last));
    if (!(largest > 0)) return 0;
    const int last_bit = std::ilogb(largest) - kFloatBits;
    const bool exactly = atoms && layout_.decimals != kNoDecimals;
    const int spare = exactly ? kHalfDecimalLog2[layout_.decimals] - last_bit : kMostDroppedExactly;
    if (!averages_) return exactly ? std::clamp(spare, 0, kMostDroppedExactly) : 0;
    const double step = RankGranularity(nearest_end) * (last - first) * (total_ / weight);
    return step > 0 ? std::clamp(std::min(spare, std::ilogb(step) - last_bit), 0, kMostDropped) : 0;
  }

 private:
  const Layout& layout_;
  const std::vector<Centroid>& rows_;
  double total_ = 0;
  double left_ = 0;
  bool averages_ = false;
};

bool IsWhole(double weight) { return weight < 0x1p53 && static_cast<double>(static_cast<int64_t>(weight)) == weight; }

// Weights are written in steps of 2^-shift.
int ChooseWeightShift(const std::vector<Centroid>& rows) {
  const auto whole = [](const Centroid& row) { return row.weight == 1 || IsWhole(row.weight); };
  if (std::all_of(rows.begin(), rows.end(), whole)) return 0;
  int shift = 0;
  double heaviest = 0;
  for (const Centroid& row : rows) {
    heaviest = std::max(heaviest, row.weight);
    while (shift < kMaxWeightShift && std::ldexp(row.weight, shift) != std::floor(std::ldexp(row.weight, shift))) {
      ++shift;
    }
  }
  while (std::ldexp(heaviest, shift) > kMostSteps) --shift;
  return shift;
}

// A row that would vanish keeps one step.
uint64_t WeightSteps(const Centroid& row, int shift) {
  if (shift == 0 && row.weight == 1) return 1;
  if (shift == 0 && IsWhole(row.weight)) return static_cast<uint64_t>(row.weight);
  return static_cast<uint64_t>(std::max(1.0, std::nearbyint(std::ldexp(row.weight, shift))));
}

// A single row from min to max: max need not be written.
bool OneValue(uint64_t row_count, bool first_is_min, bool last_is_max) {
  return row_count == 1 && first_is_min && last_is_max;
}

int MeanWidthBits(const Layout& layout) {
  return layout.form == MeanForm::kDouble ? kDoubleMeanWidthBits : kMeanWidthBits;
}

// Up to kBlockRows rows as they are written.
struct Block {
  size_t rows = 0;
  size_t distances = 0;  // rows at min or max have none
  int dropped = 0;
  std::array<uint64_t, kBlockRows> steps;
  std::array<uint64_t, kBlockRows> distance;
  std::array<bool, kBlockRows> atom;
  std::array<bool, kBlockRows> exact;  // the mean follows as a whole double

  template <class Numbers>
  static int WidthOf(const Numbers& numbers, size_t count) {
    uint64_t all = 0;
    for (size_t i = 0; i < count; ++i) all |= numbers[i];
    return static_cast<int>(std::bit_width(all));
  }
};

// Writes rows block by block, and tells what will be read.
class RowWriter {
 public:
  RowWriter(const Layout& layout, const std::vector<Centroid>& rows, std::string& out)
      : layout_(layout),
        rows_(rows),
        settler_(layout),
        dropper_(layout, rows),
        key_(KeyOf(layout, layout.min)),
        bits_(out) {
    uint64_t lightest = std::numeric_limits<uint64_t>::max();
    for (const Centroid& row : rows) {
      if (row.atom) lightest = std::min(lightest, WeightSteps(row, layout.weight_shift));
    }
    repeated_ = std::max(lightest, layout.UnitSteps());
  }

  void Write(std::vector<Centroid>& written) {
    written.resize(rows_.size());
    for (size_t begin = 0; begin < rows_.size(); begin += kBlockRows) {
      Block block;
      block.rows = std::min(kBlockRows, rows_.size() - begin);
      block.dropped = dropper_.Next(begin, block.rows);
      key_ >>= block.dropped;
      for (size_t i = 0; i < block.rows; ++i) written[begin + i] = Take(begin + i, i, block);
      Write(block, &rows_[begin]);
      key_ <<= block.dropped;
    }
    bits_.Finish();
  }
  unsigned __int128 steps() const { return settler_.steps(); }

 private:
  Centroid Take(size_t row_index, size_t i, Block& block) {
    const Centroid& row = rows_[row_index];
    const uint64_t steps = WeightSteps(row, layout_.weight_shift);
    block.steps[i] = steps - 1;
    block.atom[i] = row.atom;
    block.exact[i] = false;
    if (const double* known = layout_.KnownMean(row_index, rows_.size())) {
      return settler_.Settle(*known, steps, row.atom);
    }
    const uint64_t key = std::max(key_, KeyOf(layout_, row.mean, block.dropped));
    block.distance[block.distances++] = key - key_;
    key_ = key;
    const double mean = MeanOf(layout_, key, block.dropped, row.atom);
    // Of values that came once a few bits do not matter.
    block.exact[i] = row.atom && steps > repeated_ && mean != row.mean;
    return settler_.Settle(block.exact[i] ? row.mean : mean, steps, row.atom);
  }

  void Write(const Block& block, const Centroid* rows) {
    const uint64_t unit = layout_.UnitSteps();
    const int weight_width = Block::WidthOf(block.steps, block.rows);
    const int mean_width = Block::WidthOf(block.distance, block.distances);
    bool unit_averages = false;
    for (size_t i = 0; i < block.rows; ++i) unit_averages |= block.steps[i] < unit && !block.atom[i];
    bits_.Write(static_cast<uint64_t>(weight_width), kWeightWidthBits);
    bits_.Write(unit_averages ? 1 : 0, 1);
    if (block.distances > 0) {
      bits_.Write(static_cast<uint64_t>(mean_width), MeanWidthBits(layout_));
      bits_.Write(static_cast<uint64_t>(block.dropped), kDroppedBits);
    }
    if (weight_width > 0) {
      for (size_t i = 0; i < block.rows; ++i) bits_.Write(block.steps[i], weight_width);
    }
    for (size_t i = 0; i < block.distances; ++i) bits_.Write(block.distance[i], mean_width);
    if (weight_width == 0 && !unit_averages && unit == 1) return;
    for (size_t i = 0; i < block.rows; ++i) {
      const bool repeated = block.steps[i] >= unit;
      if (repeated || unit_averages) bits_.Write(block.atom[i] ? 0 : 1, 1);
      if (!repeated || !block.atom[i]) continue;
      bits_.Write(block.exact[i] ? 1 : 0, 1);
      if (block.exact[i]) bits_.Write(absl::bit_cast<uint64_t>(rows[i].mean), 64);
    }
  }

  const Layout& layout_;
  const std::vector<Centroid>& rows_;
  RowSettler settler_;
  BitDropper dropper_;
  uint64_t key_;       // of the mean before, in the block's bits
  uint64_t repeated_;  // more steps than of what came once
  BitWriter bits_;
};

absl::Status ReadRows(BitReader& bits, const Layout& layout, size_t row_count, RowSettler& settler,
                      std::vector<Centroid>& rows) {
  const uint64_t unit = layout.UnitSteps();
  const double step = std::ldexp(1, -layout.weight_shift);
  uint64_t key = KeyOf(layout, layout.min);
  rows.resize(row_count);
  for (size_t begin = 0; begin < row_count; begin += kBlockRows) {
    const size_t count = std::min(kBlockRows, row_count - begin);
    const auto weight_width = static_cast<int>(bits.Read(kWeightWidthBits));
    const bool unit_averages = bits.Read(1) != 0;
    const size_t skips_first = layout.KnownMean(begin, row_count) != nullptr ? 1 : 0;
    const size_t skips_last = count > skips_first && layout.KnownMean(begin + count - 1, row_count) != nullptr ? 1 : 0;
    const size_t distance_count = count - skips_first - skips_last;
    const int mean_width = distance_count == 0 ? 0 : static_cast<int>(bits.Read(MeanWidthBits(layout)));
    const int dropped = distance_count == 0 ? 0 : static_cast<int>(bits.Read(kDroppedBits));
    const int most_dropped = layout.form == MeanForm::kDouble ? 0 : kMostDroppedExactly;
    if (weight_width > kMaxWeightWidth || mean_width > 64 || dropped > most_dropped) return MalformedDigest("width");
    std::array<uint64_t, kBlockRows> steps;
    std::array<uint64_t, kBlockRows> distances;
    bits.ReadMany(weight_width, absl::MakeSpan(steps.data(), count));
    bits.ReadMany(mean_width, absl::MakeSpan(distances.data() + skips_first, distance_count));
    const uint64_t max_key = MaxKey(layout, dropped);
    key >>= dropped;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t row_steps = steps[i] + 1;
      const bool repeated = row_steps > unit;
      const bool atom = !(repeated || unit_averages) || bits.Read(1) == 0;
      if (!Fixed128::Representable(static_cast<double>(row_steps) * step)) return MalformedDigest("weight");
      const double* known = layout.KnownMean(begin + i, row_count);
      double mean;
      if (known != nullptr) {
        mean = *known;
      } else {
        if (distances[i] > max_key - key) return MalformedDigest("mean");
        key += distances[i];
        mean = MeanOf(layout, key, dropped, atom);
      }
      if (repeated && atom && bits.Read(1) != 0) mean = absl::bit_cast<double>(bits.Read(64)) + 0.0;
      if (!Fixed192::Representable(mean)) return MalformedDigest("mean");
      rows[begin + i] = settler.Settle(mean, row_steps, atom);
    }
    if (!bits.ok()) return MalformedDigest("row");
    key <<= dropped;
  }
  return absl::OkStatus();
}

}  // namespace

void TDigest::Encode(std::string& out) const {
  ByteWriter writer(out);
  writer.U8(kVersion);
  writer.Varint(compression_);
  if (empty()) {
    writer.Varint(0);
    return;
  }
  const Body& body = Published();
  const std::vector<Centroid>& rows = body.rows;
  Layout layout;
  layout.form = ChooseForm(rows, body.min, body.max);
  layout.coordinate = body.coordinate;
  layout.first_is_min = rows.front().mean == body.min;
  layout.last_is_max = rows.back().mean == body.max;
  layout.min = body.min;
  layout.max = body.max;
  layout.weight_shift = ChooseWeightShift(rows);
  layout.decimals = ChooseDecimals(rows, layout);

  writer.Varint(rows.size());
  const size_t flags_at = out.size();
  writer.U8(0);  // known when the rows are written
  writer.U8(static_cast<uint8_t>(layout.decimals));
  if (layout.weight_shift != 0) writer.U8(static_cast<uint8_t>(layout.weight_shift));
  WriteTrimmed(writer, body.min);
  if (!OneValue(rows.size(), layout.first_is_min, layout.last_is_max)) WriteTrimmed(writer, body.max);

  std::vector<Centroid>& written = SketchScratch::OfThread().sorted;
  RowWriter row_writer(layout, rows, out);
  row_writer.Write(written);

  const Totals totals = TotalsOf(written, row_writer.steps(), layout.weight_shift);
  const Totals exact{body.count, body.sum};
  out[flags_at] =
      static_cast<char>(static_cast<uint8_t>(layout.form) | static_cast<uint8_t>(layout.coordinate) << 2 |
                        (layout.first_is_min ? kFirstIsMin : 0) | (layout.last_is_max ? kLastIsMax : 0) |
                        (exact == totals ? 0 : kTotalsDiffer) | (layout.weight_shift != 0 ? kWeightsScaled : 0));
  if (!(exact == totals)) WriteDifference(writer, exact, totals);
}

absl::StatusOr<TDigest> TDigest::Decode(absl::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (version != kVersion && version != 1) return MalformedDigest("version");
  const uint64_t compression = reader.Varint();
  if (!reader.ok() || compression < kMinCompression || compression > kMaxCompression) {
    return MalformedDigest("compression");
  }
  TDigest digest(static_cast<double>(compression));
  const uint64_t row_count = reader.Varint();
  if (!reader.ok() || row_count > kMaxCentroids) return MalformedDigest("row count");
  if (row_count == 0) return reader.AtEnd() ? absl::StatusOr<TDigest>(std::move(digest)) : MalformedDigest("end");

  const uint8_t flags = reader.U8();
  const int form = flags & 3;
  const int coordinate = flags >> 2 & 3;
  Layout layout;
  layout.decimals = reader.U8();
  layout.weight_shift = (flags & kWeightsScaled) != 0 ? static_cast<int8_t>(reader.U8()) : 0;
  if (form > 2 || coordinate > 2 || layout.decimals > kNoDecimals || layout.weight_shift < kMinWeightShift ||
      layout.weight_shift > kMaxWeightShift) {
    return MalformedDigest("header");
  }
  layout.form = static_cast<MeanForm>(form);
  layout.coordinate = static_cast<Coordinate>(coordinate);
  layout.first_is_min = (flags & kFirstIsMin) != 0;
  layout.last_is_max = (flags & kLastIsMax) != 0;
  layout.min = ReadTrimmed(reader) + 0.0;
  layout.max = OneValue(row_count, layout.first_is_min, layout.last_is_max) ? layout.min : ReadTrimmed(reader) + 0.0;
  if (!reader.ok() || !Fixed192::Representable(layout.min) || !Fixed192::Representable(layout.max) ||
      layout.min > layout.max) {
    return MalformedDigest("min or max");
  }
  if ((layout.coordinate == Coordinate::kLog && layout.min < 0) ||
      (layout.coordinate == Coordinate::kMirroredLog && layout.max > 0)) {
    return MalformedDigest("coordinate");
  }

  auto body = std::make_unique<Body>();
  RowSettler settler(layout);
  if (version == kVersion) {
    if (row_count > MostRows(reader.rest().size())) return MalformedDigest("row count");
    BitReader bits(reader.rest());
    if (const absl::Status read = ReadRows(bits, layout, row_count, settler, body->rows); !read.ok()) return read;
    reader = ByteReader(bits.Rest());
    if (!bits.ok()) return MalformedDigest("row");
  } else if (const absl::Status read = ReadRowsV1(reader, layout, row_count, settler, body->rows); !read.ok()) {
    return read;
  }
  const Totals totals = TotalsOf(body->rows, settler.steps(), layout.weight_shift);
  Totals exact = totals;
  if ((flags & kTotalsDiffer) != 0) ReadDifference(reader, exact);
  if (!reader.AtEnd()) return MalformedDigest("end");
  if (!Plausible(exact, totals, layout.min, layout.max)) return MalformedDigest("count or sum");
  body->count = exact.count;
  body->sum = exact.sum;
  body->min = layout.min;
  body->max = layout.max;
  body->coordinate = layout.coordinate;
  body->cut = digest.compression_;
  digest.body_ = std::move(body);
  return digest;
}

}  // namespace tributary
