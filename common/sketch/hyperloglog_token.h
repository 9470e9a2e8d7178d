#pragma once

#include <bit>
#include <cstdint>

namespace tributary {

// What a sparse HyperLogLog keeps of a member: the top 25 bits of its hash and, only when these do not settle the rank
// because the 11 below the register index are all zero, how many of the low 39 bits follow as leading zeros, plus one.
//
//   hash    | register: 14 | tail: 11 | low: 39                     |
//   token   | hash bits: 25           | zeros: 6, or 0 if tail != 0 |
//   key     tail != 0: hash bits << 1;  else: hash bits << 7 | zeros << 1 | 1       (on the wire)
//
// Source: Heule, Nunkesser, Hall, "HyperLogLog in Practice", EDBT 2013, section 5.3.3, with p = 14 and p' = 25.

constexpr int kTokenHashBits = 25;
constexpr int kTailBits = 11;
constexpr int kLowBits = 39;
constexpr uint32_t kTailMask = (uint32_t{1} << kTailBits) - 1;

// One more than the zeros before the first one among the low `width` bits.
constexpr uint32_t ZerosPlusOne(uint64_t bits, int width) {
  return static_cast<uint32_t>(width - static_cast<int>(std::bit_width(bits)) + 1);
}

constexpr uint32_t RegisterOfHash(uint64_t hash) { return static_cast<uint32_t>(hash >> (kTailBits + kLowBits)); }

constexpr uint8_t RankOfHash(uint64_t hash) {
  constexpr int kWidth = kTailBits + kLowBits;
  return static_cast<uint8_t>(ZerosPlusOne(hash & ((uint64_t{1} << kWidth) - 1), kWidth));
}

constexpr uint32_t TokenOfHash(uint64_t hash) {
  const uint32_t hash_bits = static_cast<uint32_t>(hash >> kLowBits);
  if ((hash_bits & kTailMask) != 0) return hash_bits << 6;
  return hash_bits << 6 | ZerosPlusOne(hash & ((uint64_t{1} << kLowBits) - 1), kLowBits);
}

constexpr uint32_t RegisterOfToken(uint32_t token) { return token >> (6 + kTailBits); }

constexpr uint8_t RankOfToken(uint32_t token) {
  const uint32_t tail = (token >> 6) & kTailMask;
  return static_cast<uint8_t>(tail != 0 ? ZerosPlusOne(tail, kTailBits) : kTailBits + (token & 63));
}

constexpr bool SameHashBits(uint32_t a, uint32_t b) { return (a >> 6) == (b >> 6); }

constexpr uint32_t KeyOfToken(uint32_t token) {
  const uint32_t zeros = token & 63;
  return zeros == 0 ? (token >> 6) << 1 : (token >> 6) << 7 | zeros << 1 | 1;
}

// False unless a hash exists that has this key.
constexpr bool TokenOfKey(uint32_t key, uint32_t& token) {
  if ((key & 1) == 0) {
    token = (key >> 1) << 6;
    return key >> (kTokenHashBits + 1) == 0 && ((key >> 1) & kTailMask) != 0;
  }
  const uint32_t zeros = (key >> 1) & 63;
  token = (key >> 7) << 6 | zeros;
  return ((key >> 7) & kTailMask) == 0 && zeros >= 1 && zeros <= kLowBits + 1;
}

}  // namespace tributary
