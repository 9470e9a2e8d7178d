#include "common/sketch/tdigest_wire.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

// A two's complement number of `words`, lowest first: a count of bytes, a count of low zero bytes, those bytes. Zero is
// one byte; the highest written bit is the sign.
template <size_t kWords>
void WriteSigned(ByteWriter& writer, const std::array<uint64_t, kWords>& words) {
  size_t low = 0;
  while (low < kWords && words[low] == 0) ++low;
  if (low == kWords) {
    writer.U8(0);
    return;
  }
  // Of the high words those go that only repeat the sign of the one below.
  size_t high = kWords - 1;
  const uint64_t fill = words[high] >> 63 ? ~uint64_t{0} : 0;
  while (high > low && words[high] == fill && (words[high - 1] ^ fill) >> 63 == 0) --high;
  const auto begin = static_cast<size_t>(8 * low) + static_cast<size_t>(std::countr_zero(words[low])) / 8;
  const auto significant = static_cast<size_t>(std::bit_width(words[high] ^ fill));  // and the sign
  const size_t end = std::max(begin + 1, 8 * high + significant / 8 + 1);
  writer.U8(static_cast<uint8_t>(end - begin));
  writer.U8(static_cast<uint8_t>(begin));
  writer.Bytes(absl::string_view(reinterpret_cast<const char*>(words.data()) + begin, end - begin));
}

template <size_t kWords>
std::array<uint64_t, kWords> ReadSigned(ByteReader& reader) {
  std::array<uint64_t, kWords> words{};
  const size_t size = reader.U8();
  if (size == 0) return words;
  const size_t begin = reader.U8();
  const absl::string_view bytes = reader.Bytes(size);
  if (begin + size > sizeof words) reader.Fail();
  if (!reader.ok()) return words;
  char* const to = reinterpret_cast<char*>(words.data());
  std::memcpy(to + begin, bytes.data(), size);
  if (static_cast<uint8_t>(bytes.back()) >> 7 != 0) std::memset(to + begin + size, 0xff, sizeof words - begin - size);
  return words;
}

Fixed192 Minus(const Fixed192& a) {
  return Fixed192::FromParts(~a.high(), ~a.middle(), ~a.low()) + Fixed192::FromParts(0, 0, 1);
}

}  // namespace

void WriteTrimmed(ByteWriter& writer, double value) {
  const uint64_t bits = absl::bit_cast<uint64_t>(value);
  const size_t zeros = bits == 0 ? 8 : static_cast<size_t>(std::countr_zero(bits)) / 8;
  writer.U8(static_cast<uint8_t>(8 - zeros));
  writer.Bytes(absl::string_view(reinterpret_cast<const char*>(&bits) + zeros, 8 - zeros));
}

double ReadTrimmed(ByteReader& reader) {
  const size_t size = reader.U8();
  const absl::string_view bytes = reader.Bytes(size);
  if (size > 8) reader.Fail();
  uint64_t bits = 0;
  if (reader.ok()) std::memcpy(reinterpret_cast<char*>(&bits) + 8 - size, bytes.data(), size);
  return absl::bit_cast<double>(bits);
}

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

absl::Status MalformedDigest(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("digest: malformed ", what));
}

}  // namespace tributary
