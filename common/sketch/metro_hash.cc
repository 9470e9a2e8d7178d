#include "common/sketch/metro_hash.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace tributary {
namespace {

static_assert(std::endian::native == std::endian::little, "the hash is defined on little-endian words");

constexpr uint64_t k0 = 0xD6D018F5;
constexpr uint64_t k1 = 0xA2AA033B;
constexpr uint64_t k2 = 0x62992FC1;
constexpr uint64_t k3 = 0x30BC5B29;

template <class Word>
uint64_t Take(absl::string_view& bytes) {
  Word word;
  std::memcpy(&word, bytes.data(), sizeof word);
  bytes.remove_prefix(sizeof word);
  return word;
}

// Four lanes over blocks of 32 bytes.
uint64_t HashBlocks(absl::string_view& bytes, uint64_t hash) {
  uint64_t v[4] = {hash, hash, hash, hash};
  while (bytes.size() >= 32) {
    v[0] = std::rotr(v[0] + Take<uint64_t>(bytes) * k0, 29) + v[2];
    v[1] = std::rotr(v[1] + Take<uint64_t>(bytes) * k1, 29) + v[3];
    v[2] = std::rotr(v[2] + Take<uint64_t>(bytes) * k2, 29) + v[0];
    v[3] = std::rotr(v[3] + Take<uint64_t>(bytes) * k3, 29) + v[1];
  }
  v[2] ^= std::rotr((v[0] + v[3]) * k0 + v[1], 37) * k1;
  v[3] ^= std::rotr((v[1] + v[2]) * k1 + v[0], 37) * k0;
  v[0] ^= std::rotr((v[0] + v[2]) * k0 + v[3], 37) * k1;
  v[1] ^= std::rotr((v[1] + v[3]) * k1 + v[2], 37) * k0;
  return hash + (v[0] ^ v[1]);
}

}  // namespace

uint64_t MetroHash64(absl::string_view bytes, uint64_t seed) {
  uint64_t hash = (seed + k2) * k0;
  if (bytes.size() >= 32) hash = HashBlocks(bytes, hash);
  if (bytes.size() >= 16) {
    uint64_t a = hash + Take<uint64_t>(bytes) * k2;
    a = std::rotr(a, 29) * k3;
    uint64_t b = hash + Take<uint64_t>(bytes) * k2;
    b = std::rotr(b, 29) * k3;
    a ^= std::rotr(a * k0, 21) + b;
    b ^= std::rotr(b * k3, 21) + a;
    hash += b;
  }
  if (bytes.size() >= 8) {
    hash += Take<uint64_t>(bytes) * k3;
    hash ^= std::rotr(hash, 55) * k1;
  }
  if (bytes.size() >= 4) {
    hash += Take<uint32_t>(bytes) * k3;
    hash ^= std::rotr(hash, 26) * k1;
  }
  if (bytes.size() >= 2) {
    hash += Take<uint16_t>(bytes) * k3;
    hash ^= std::rotr(hash, 48) * k1;
  }
  if (!bytes.empty()) {
    hash += Take<uint8_t>(bytes) * k3;
    hash ^= std::rotr(hash, 37) * k1;
  }
  hash ^= std::rotr(hash, 28);
  hash *= k0;
  hash ^= std::rotr(hash, 29);
  return hash;
}

}  // namespace tributary
