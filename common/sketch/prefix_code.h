#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "common/base/bits.h"

namespace tributary {

// A Huffman code of at most kMaxSymbols symbols, none longer than kMaxBits, made of how often each occurs and sent
// ahead of what it codes. Equal counts make equal codes. A value.
//
// Wire:    6 bits the first symbol that occurs, 6 bits the last; if they differ, 4 bits for each from one to the other:
//          the length of its code, 0 if it does not occur. A single symbol's code is empty.
// Source:  Huffman, "A Method for the Construction of Minimum-Redundancy Codes", 1952; canonical form: Schwartz and
//          Kallick, 1964. Counts are halved until the longest code fits, as in bzip2.
class PrefixCode {
 public:
  static constexpr int kMaxSymbols = 64;
  static constexpr int kMaxBits = 12;

  // REQUIRES: at most kMaxSymbols counts, one of them not zero.
  explicit PrefixCode(absl::Span<const uint32_t> counts);
  // None unless the lengths are those of a whole code.
  static std::optional<PrefixCode> Read(BitReader& reader);
  void Write(BitWriter& writer) const;

  int last() const { return last_; }  // symbol
  void Encode(uint8_t symbol, BitWriter& writer) const { writer.Write(codes_[symbol], lengths_[symbol]); }
  // Fills `out`; beyond the reader's end with anything.
  void Decode(BitReader& reader, absl::Span<uint8_t> out) const;

 private:
  PrefixCode() = default;
  // Codes of given lengths. False unless they fill all 2^kMaxBits prefixes.
  bool Assign();

  int first_ = 0;
  int last_ = 0;
  std::array<uint8_t, kMaxSymbols> lengths_{};
  std::array<uint8_t, kMaxSymbols> used_{};
  std::array<uint16_t, kMaxSymbols> codes_{};  // the first bit lowest
};

}  // namespace tributary
