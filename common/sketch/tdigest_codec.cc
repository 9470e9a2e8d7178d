// The wire form of TDigest; docs/sketches.md has the layout.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/base/casts.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/sketch/tdigest_body.h"

namespace tributary {
namespace {

constexpr uint8_t kVersion = 1;

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
constexpr double kMostSteps = 0x1p60;

// Of the single values: what MeanOf rounds to.
constexpr int kNoDecimals = 7;
constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

// Row tags: bit 0 says average; of an atom bit 1 says that its value follows as a whole double. The rest is the weight.
constexpr uint64_t kAverage = 1;
constexpr uint64_t kExact = 2;

struct Layout {
  MeanForm form;
  double min;
  int weight_shift;
  int decimals;
};

uint32_t OrderedFloat(double value) {
  const uint32_t bits = absl::bit_cast<uint32_t>(static_cast<float>(value));
  return bits >> 31 ? ~bits : bits | (uint32_t{1} << 31);
}

double FromOrderedFloat(uint32_t key) { return absl::bit_cast<float>(key >> 31 ? key & ~(uint32_t{1} << 31) : ~key); }

uint64_t OrderedDouble(double value) {
  const uint64_t bits = absl::bit_cast<uint64_t>(value);
  return bits >> 63 ? ~bits : bits | (uint64_t{1} << 63);
}

double FromOrderedDouble(uint64_t key) { return absl::bit_cast<double>(key >> 63 ? key & ~(uint64_t{1} << 63) : ~key); }

uint64_t KeyOf(const Layout& layout, double mean) {
  switch (layout.form) {
    case MeanForm::kFloat:
      return OrderedFloat(mean);
    case MeanForm::kOffset:
      return OrderedFloat(mean - layout.min);
    case MeanForm::kDouble:
      return OrderedDouble(mean);
  }
  return 0;
}

// Single values with few decimals come back exactly: the float32 is nearer to them than half a last decimal.
double MeanOf(const Layout& layout, uint64_t key, bool atom) {
  if (layout.form == MeanForm::kDouble) return FromOrderedDouble(key);
  double mean = FromOrderedFloat(static_cast<uint32_t>(key));
  if (layout.form == MeanForm::kOffset) mean += layout.min;
  if (!atom || layout.decimals == kNoDecimals) return mean;
  const double power = kPowersOfTen[layout.decimals];
  const double scaled = mean * power;
  // Adding this leaves no bits for a fraction: the nearest whole number, ties to even.
  constexpr double kNoFraction = 0x1.8p52;
  return std::fabs(scaled) < 0x1p51 ? ((scaled + kNoFraction) - kNoFraction) / power + 0.0 : mean;
}

uint64_t MaxKey(const Layout& layout) {
  return layout.form == MeanForm::kDouble ? std::numeric_limits<uint64_t>::max() : std::numeric_limits<uint32_t>::max();
}

bool SurvivesAtom(const Layout& layout, double value) { return MeanOf(layout, KeyOf(layout, value), true) == value; }

MeanForm ChooseForm(const std::vector<Centroid>& rows, double min, double max) {
  const double largest = std::max(std::fabs(min), std::fabs(max));
  const bool offset = max - min < largest / 64;
  for (const Centroid& row : rows) {
    const double written = offset ? row.mean - min : row.mean;
    if (written != 0 && std::fabs(written) < std::numeric_limits<float>::min()) return MeanForm::kDouble;
  }
  return offset ? MeanForm::kOffset : MeanForm::kFloat;
}

int ChooseDecimals(const std::vector<Centroid>& rows, Layout layout) {
  for (layout.decimals = 0; layout.decimals < kNoDecimals; ++layout.decimals) {
    const bool all = std::all_of(rows.begin(), rows.end(), [&layout](const Centroid& row) {
      return !row.atom || SurvivesAtom(layout, row.mean);
    });
    if (all) break;
  }
  return layout.decimals;
}

bool IsWhole(double weight) { return weight < 0x1p53 && static_cast<double>(static_cast<int64_t>(weight)) == weight; }

// Weights are written in steps of 2^-shift.
int ChooseWeightShift(const std::vector<Centroid>& rows) {
  if (std::all_of(rows.begin(), rows.end(), [](const Centroid& row) { return IsWhole(row.weight); })) return 0;
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
  if (shift == 0 && IsWhole(row.weight)) return static_cast<uint64_t>(row.weight);
  return static_cast<uint64_t>(std::max(1.0, std::nearbyint(std::ldexp(row.weight, shift))));
}

// Without the low bytes that are zero: a count of the other bytes, then those.
void WriteTrimmed(ByteWriter& writer, double value) {
  const uint64_t bits = absl::bit_cast<uint64_t>(value);
  int size = 8;
  while (size > 0 && ((bits >> (8 * (8 - size))) & 0xff) == 0) --size;
  writer.U8(static_cast<uint8_t>(size));
  for (int i = 8 - size; i < 8; ++i) writer.U8(static_cast<uint8_t>(bits >> (8 * i)));
}

double ReadTrimmed(ByteReader& reader) {
  const int size = reader.U8();
  if (size > 8) reader.Fail();
  uint64_t bits = 0;
  for (int i = 8 - size; i < 8 && reader.ok(); ++i) bits |= static_cast<uint64_t>(reader.U8()) << (8 * i);
  return absl::bit_cast<double>(bits);
}

// A two's complement number of `words`, lowest first: a count of bytes, a count of low zero bytes, those bytes. Zero is
// one byte; the highest written bit is the sign.
template <size_t kWords>
void WriteSigned(ByteWriter& writer, const std::array<uint64_t, kWords>& words) {
  constexpr int kBytes = 8 * kWords;
  const auto byte = [&words](int i) { return static_cast<uint8_t>(words[i / 8] >> (8 * (i % 8))); };
  int begin = 0;
  while (begin < kBytes && byte(begin) == 0) ++begin;
  if (begin == kBytes) {
    writer.U8(0);
    return;
  }
  const uint8_t fill = byte(kBytes - 1) >> 7 ? 0xff : 0;
  int end = kBytes;
  while (end > begin + 1 && byte(end - 1) == fill && (byte(end - 2) ^ fill) < 0x80) --end;
  writer.U8(static_cast<uint8_t>(end - begin));
  writer.U8(static_cast<uint8_t>(begin));
  for (int i = begin; i < end; ++i) writer.U8(byte(i));
}

template <size_t kWords>
std::array<uint64_t, kWords> ReadSigned(ByteReader& reader) {
  std::array<uint64_t, kWords> words{};
  const int size = reader.U8();
  if (size == 0) return words;
  const int begin = reader.U8();
  if (begin + size > static_cast<int>(8 * kWords)) reader.Fail();
  uint8_t byte = 0;
  for (int i = begin; i < static_cast<int>(8 * kWords) && reader.ok(); ++i) {
    if (i < begin + size) byte = reader.U8();
    const uint8_t filled = i < begin + size ? byte : byte >> 7 ? 0xff : 0;
    words[i / 8] |= static_cast<uint64_t>(filled) << (8 * (i % 8));
  }
  return words;
}

// What the rows add up to; the wire carries only what the exact count and sum differ from it by.
struct Totals {
  Fixed128 count;
  Fixed192 sum;

  friend bool operator==(const Totals&, const Totals&) = default;
};

// Of rows whose weights add up to `steps` of 2^-shift.
Totals TotalsOf(const std::vector<Centroid>& rows, unsigned __int128 steps, int shift) {
  static_assert(kMaxWeightShift <= 30, "else steps are finer than Fixed128");
  const unsigned __int128 count = steps << (30 - shift);
  std::vector<double>& products = SketchScratch::OfThread().values;
  products.resize(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    products[i] = std::clamp(rows[i].mean * rows[i].weight, -Fixed192::kMaxMagnitude, Fixed192::kMaxMagnitude);
  }
  return Totals{Fixed128::FromParts(static_cast<int64_t>(count >> 64), static_cast<uint64_t>(count)),
                Fixed192::SumOf(products)};
}

Fixed192 Minus(const Fixed192& a) {
  return Fixed192::FromParts(~a.high(), ~a.middle(), ~a.low()) + Fixed192::FromParts(0, 0, 1);
}

void WriteDifference(ByteWriter& writer, const Totals& exact, const Totals& rows) {
  Fixed128 count = exact.count;
  count -= rows.count;
  const Fixed192 sum = exact.sum + Minus(rows.sum);
  WriteSigned<2>(writer, {count.low(), static_cast<uint64_t>(count.high())});
  WriteSigned<3>(writer, {sum.low(), sum.middle(), static_cast<uint64_t>(sum.high())});
}

void ReadDifference(ByteReader& reader, Totals& totals) {
  const auto count = ReadSigned<2>(reader);
  const auto sum = ReadSigned<3>(reader);
  totals.count += Fixed128::FromParts(static_cast<int64_t>(count[1]), count[0]);
  totals.sum += Fixed192::FromParts(static_cast<int64_t>(sum[2]), sum[1], sum[0]);
}

// Weights are rounded on the wire and every addend of the sum by up to 2^-65, so both are compared with some slack.
bool Plausible(const Totals& exact, const Totals& rows, double min, double max) {
  constexpr double kSlack = 1e-6;
  const double count = exact.count.ToDouble();
  // Rows may be joined into one, which must be representable too.
  if (!(count > 0) || count > Fixed128::kMaxMagnitude / 2 || std::fabs(count - rows.count.ToDouble()) > kSlack * count)
    return false;
  const double sum = exact.sum.ToDouble();
  const double slack = count * (kSlack * std::max(std::fabs(min), std::fabs(max)) + 0x1p-34);
  return sum >= count * min - slack && sum <= count * max + slack;
}

// A single row from min to max: max need not be written.
bool OneValue(uint64_t row_count, bool first_is_min, bool last_is_max) {
  return row_count == 1 && first_is_min && last_is_max;
}

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("digest: malformed ", what));
}

// Reads and writes rows one after the other, each mean as the distance to the one before.
class RowCoder {
 public:
  RowCoder(const Layout& layout, double max)
      : layout_(layout),
        step_(std::ldexp(1, -layout.weight_shift)),
        max_(max),
        key_(KeyOf(layout, layout.min)),
        mean_(layout.min) {}

  static constexpr size_t kMaxRowBytes = 2 * kMaxVarintBytes;

  // Advances `to`, which has room for kMaxRowBytes. Returns the row as it will be read.
  Centroid Write(char*& to, const Centroid& row, const double* known_mean) {
    const uint64_t steps = WeightSteps(row, layout_.weight_shift);
    const bool exact = row.atom && known_mean == nullptr && steps > UnitSteps() && !SurvivesAtom(layout_, row.mean);
    to = WriteVarint(to, row.atom ? steps << 2 | (exact ? kExact : 0) : steps << 1 | kAverage);
    if (known_mean != nullptr) return Settle(*known_mean, steps, row.atom);
    const uint64_t key = std::max(key_, KeyOf(layout_, row.mean));
    if (exact) {
      std::memcpy(to, &row.mean, sizeof row.mean);
      to += sizeof row.mean;
    } else {
      to = WriteVarint(to, key - key_);
    }
    key_ = key;
    return Settle(exact ? row.mean : MeanOf(layout_, key, row.atom), steps, row.atom);
  }

  // A mean that is not a number tells of a malformed row.
  Centroid Read(ByteReader& reader, const double* known_mean) {
    const uint64_t tag = reader.Varint();
    const bool atom = (tag & kAverage) == 0;
    const uint64_t steps = tag >> (atom ? 2 : 1);
    const double weight = static_cast<double>(steps) * step_;
    if (steps == 0 || !Fixed128::Representable(weight)) reader.Fail();
    if (known_mean != nullptr) return Settle(*known_mean, steps, atom);
    if (atom && (tag & kExact) != 0) {
      const double mean = reader.F64();
      if (!Fixed192::Representable(mean)) reader.Fail();
      if (!reader.ok()) return Centroid();
      key_ = std::max(key_, KeyOf(layout_, mean));
      return Settle(mean, steps, atom);
    }
    const uint64_t distance = reader.Varint();
    if (distance > MaxKey(layout_) - key_) reader.Fail();
    if (!reader.ok()) return Centroid();
    key_ += distance;
    const double mean = MeanOf(layout_, key_, atom);
    if (!Fixed192::Representable(mean)) reader.Fail();
    return Settle(mean, steps, atom);
  }

  // Of the weights of all rows so far.
  unsigned __int128 steps() const { return steps_; }

 private:
  // Weight 1: a value that came once.
  uint64_t UnitSteps() const { return layout_.weight_shift < 0 ? 1 : uint64_t{1} << layout_.weight_shift; }

  // Rounding may have moved a mean past its neighbour.
  Centroid Settle(double mean, uint64_t steps, bool atom) {
    mean_ = std::clamp(mean, mean_, max_);
    const auto rounded = static_cast<double>(steps);
    steps_ += static_cast<uint64_t>(rounded);  // at most 2^63
    return Centroid{.mean = mean_, .weight = rounded * step_, .atom = atom};
  }

  const Layout layout_;
  const double step_;
  const double max_;
  uint64_t key_;
  double mean_;
  unsigned __int128 steps_ = 0;
};

}  // namespace

void TDigest::Encode(std::string& out) const {
  ByteWriter writer(out);
  writer.U8(kVersion);
  writer.Varint(compression_);
  if (empty()) {
    writer.Varint(0);
    return;
  }
  Body scratch;
  const Body& body = Published(scratch);
  const std::vector<Centroid>& rows = body.rows;
  Layout layout{ChooseForm(rows, body.min, body.max), body.min, ChooseWeightShift(rows), kNoDecimals};
  layout.decimals = ChooseDecimals(rows, layout);
  const bool first_is_min = rows.front().mean == body.min;
  const bool last_is_max = rows.back().mean == body.max;

  writer.Varint(rows.size());
  const size_t flags_at = out.size();
  writer.U8(0);  // known when the rows are written
  writer.U8(static_cast<uint8_t>(layout.decimals));
  if (layout.weight_shift != 0) writer.U8(static_cast<uint8_t>(layout.weight_shift));
  WriteTrimmed(writer, body.min);
  if (!OneValue(rows.size(), first_is_min, last_is_max)) WriteTrimmed(writer, body.max);

  RowCoder coder(layout, body.max);
  std::vector<Centroid>& written = SketchScratch::OfThread().sorted;
  written.resize(rows.size());
  const size_t rows_at = out.size();
  out.resize(rows_at + rows.size() * RowCoder::kMaxRowBytes);
  char* to = &out[rows_at];
  for (size_t i = 0; i < rows.size(); ++i) {
    const double* known = i == 0 && first_is_min                ? &body.min
                          : i + 1 == rows.size() && last_is_max ? &body.max
                                                                : nullptr;
    written[i] = coder.Write(to, rows[i], known);
  }
  out.resize(static_cast<size_t>(to - out.data()));

  const Totals totals = TotalsOf(written, coder.steps(), layout.weight_shift);
  const Totals exact{body.count, body.sum};
  out[flags_at] =
      static_cast<char>(static_cast<uint8_t>(layout.form) | static_cast<uint8_t>(body.coordinate) << 2 |
                        (first_is_min ? kFirstIsMin : 0) | (last_is_max ? kLastIsMax : 0) |
                        (exact == totals ? 0 : kTotalsDiffer) | (layout.weight_shift != 0 ? kWeightsScaled : 0));
  if (!(exact == totals)) WriteDifference(writer, exact, totals);
}

absl::StatusOr<TDigest> TDigest::Decode(absl::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.U8() != kVersion) return Malformed("version");
  const uint64_t compression = reader.Varint();
  if (!reader.ok() || compression < kMinCompression || compression > kMaxCompression) return Malformed("compression");
  TDigest digest(static_cast<double>(compression));
  const uint64_t row_count = reader.Varint();
  if (!reader.ok() || row_count > kMaxCentroids) return Malformed("row count");
  if (row_count == 0) return reader.AtEnd() ? absl::StatusOr<TDigest>(std::move(digest)) : Malformed("end");

  const uint8_t flags = reader.U8();
  const int form = flags & 3;
  const int coordinate = flags >> 2 & 3;
  const int decimals = reader.U8();
  const int shift = (flags & kWeightsScaled) != 0 ? static_cast<int8_t>(reader.U8()) : 0;
  if (form > 2 || coordinate > 2 || decimals > kNoDecimals || shift < kMinWeightShift || shift > kMaxWeightShift) {
    return Malformed("header");
  }
  const bool first_is_min = (flags & kFirstIsMin) != 0;
  const bool last_is_max = (flags & kLastIsMax) != 0;
  auto body = std::make_unique<Body>();
  body->min = ReadTrimmed(reader) + 0.0;
  body->max = OneValue(row_count, first_is_min, last_is_max) ? body->min : ReadTrimmed(reader) + 0.0;
  if (!reader.ok() || !Fixed192::Representable(body->min) || !Fixed192::Representable(body->max) ||
      body->min > body->max) {
    return Malformed("min or max");
  }
  body->coordinate = static_cast<Coordinate>(coordinate);
  if ((body->coordinate == Coordinate::kLog && body->min < 0) ||
      (body->coordinate == Coordinate::kMirroredLog && body->max > 0)) {
    return Malformed("coordinate");
  }
  if (row_count > reader.rest().size()) return Malformed("row count");

  const Layout layout{static_cast<MeanForm>(form), body->min, shift, decimals};
  RowCoder coder(layout, body->max);
  body->rows.reserve(row_count);
  for (uint64_t i = 0; i < row_count; ++i) {
    const double* known = i == 0 && first_is_min              ? &body->min
                          : i + 1 == row_count && last_is_max ? &body->max
                                                              : nullptr;
    body->rows.push_back(coder.Read(reader, known));
    if (!reader.ok()) return Malformed("row");
  }
  const Totals totals = TotalsOf(body->rows, coder.steps(), shift);
  Totals exact = totals;
  if ((flags & kTotalsDiffer) != 0) ReadDifference(reader, exact);
  if (!reader.AtEnd()) return Malformed("end");
  if (!Plausible(exact, totals, body->min, body->max)) return Malformed("count or sum");
  body->count = exact.count;
  body->sum = exact.sum;
  body->cut = digest.compression_;
  digest.body_ = std::move(body);
  return digest;
}

}  // namespace tributary
