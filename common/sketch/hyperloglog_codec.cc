// The native form: all that a set knows, so that a union of what was sent is what was sent of the union.
//
//   81 | varint n | bits: n ascending tokens
//   82 | bits: a PrefixCode of ranks | 16,384 coded ranks
//
// Of a token its hash bits come as the distance to those before, less one (the first: as they are), in Rice's code: the
// high bits unary, TokenRiceBits(n) low ones as they are. Where the tail is zero 6 bits follow, the token's zeros. Bits
// are filled into bytes from the lowest on; the last byte is filled with zeros.
//
// Source: Rice, Plaunt, "Adaptive variable-length coding", IEEE Trans. Commun. 19 (1971).

#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/bits.h"
#include "common/base/bytes.h"
#include "common/sketch/hyperloglog.h"
#include "common/sketch/hyperloglog_token.h"
#include "common/sketch/prefix_code.h"

namespace tributary {
namespace {

constexpr uint8_t kTokens = 0x81;
constexpr uint8_t kRanks = 0x82;
constexpr int kZerosBits = 6;
constexpr uint32_t kHashBitsEnd = uint32_t{1} << kTokenHashBits;

// Nearest to ln 2 of the mean distance.
int TokenRiceBits(size_t count) {
  const size_t mean = kHashBitsEnd / count;
  return std::max(0, static_cast<int>(std::bit_width(mean * 11 / 16)) - 1);
}

void WriteTokens(const std::vector<uint32_t>& tokens, std::string& out) {
  ByteWriter(out).U8(kTokens);
  ByteWriter(out).Varint(tokens.size());
  if (tokens.empty()) return;
  const int low_bits = TokenRiceBits(tokens.size());
  BitWriter bits(out);
  uint32_t next = 0;
  for (const uint32_t token : tokens) {
    const uint32_t hash_bits = token >> kZerosBits;
    const uint32_t distance = hash_bits - next;
    bits.WriteUnary(distance >> low_bits);
    bits.Write(distance & ((uint32_t{1} << low_bits) - 1), low_bits);
    if ((hash_bits & kTailMask) == 0) bits.Write(token & 63, kZerosBits);
    next = hash_bits + 1;
  }
  bits.Finish();
}

void WriteRanks(absl::Span<const uint8_t> ranks, std::string& out) {
  std::array<uint32_t, PrefixCode::kMaxSymbols> counts{};
  for (const uint8_t rank : ranks) ++counts[rank];
  const PrefixCode code(counts);
  ByteWriter(out).U8(kRanks);
  BitWriter bits(out);
  code.Write(bits);
  for (const uint8_t rank : ranks) code.Encode(rank, bits);
  bits.Finish();
}

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("set: malformed ", what));
}

}  // namespace

void HyperLogLog::Encode(std::string& out) const {
  if (folded_ < tokens_.size()) return Folded().Encode(out);
  if (registers_ != nullptr) {
    WriteRanks(absl::MakeConstSpan(registers_.get(), kRegisters), out);
  } else {
    WriteTokens(tokens_, out);
  }
}

absl::StatusOr<HyperLogLog> HyperLogLog::Decode(absl::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t form = reader.U8();
  if (form != kTokens && form != kRanks) return DecodeAxiomhq(bytes);
  HyperLogLog set;
  const absl::Status read = form == kTokens ? set.ReadTokens(reader.rest()) : set.ReadRanks(reader.rest());
  if (!read.ok()) return read;
  return set;
}

absl::Status HyperLogLog::ReadTokens(absl::string_view bytes) {
  ByteReader reader(bytes);
  const uint64_t count = reader.Varint();
  if (!reader.ok() || count > kMaxTokens) return Malformed("token count");
  if (count == 0) return reader.AtEnd() ? absl::OkStatus() : Malformed("end");
  const int low_bits = TokenRiceBits(count);
  BitReader bits(reader.rest());
  tokens_.reserve(std::min<size_t>(count, reader.rest().size()));  // a token has more than 8 bits
  uint64_t next = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t high = bits.ReadUnary(kHashBitsEnd >> low_bits);
    const uint64_t hash_bits = next + (high << low_bits | bits.Read(low_bits));
    if (!bits.ok() || hash_bits >= kHashBitsEnd) return Malformed("token");
    uint32_t zeros = 0;
    if ((hash_bits & kTailMask) == 0) {
      zeros = static_cast<uint32_t>(bits.Read(kZerosBits));
      if (zeros < 1 || zeros > kLowBits + 1) return Malformed("token");
    }
    tokens_.push_back(static_cast<uint32_t>(hash_bits) << kZerosBits | zeros);
    next = hash_bits + 1;
  }
  if (!bits.AtEnd()) return Malformed("end");
  folded_ = static_cast<uint32_t>(count);
  return absl::OkStatus();
}

absl::Status HyperLogLog::ReadRanks(absl::string_view bytes) {
  BitReader bits(bytes);
  const std::optional<PrefixCode> code = PrefixCode::Read(bits);
  if (!code.has_value() || code->last() > kMaxRank) return Malformed("ranks");
  TurnDense();
  code->Decode(bits, absl::MakeSpan(registers_.get(), kRegisters));
  return bits.AtEnd() ? absl::OkStatus() : Malformed("end");
}

}  // namespace tributary
