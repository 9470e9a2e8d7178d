#include "common/sketch/hyperloglog.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/sketch/hyperloglog_token.h"
#include "common/sketch/metro_hash.h"

namespace tributary {
namespace {

constexpr uint64_t kSeed = 1337;
constexpr size_t kMinUnfolded = 16;
constexpr int kRankBits = 64 - HyperLogLog::kPrecision;
constexpr double kAllHashes = 0x1p64;

// The series of Ertl's algorithm 6, summed until they stop changing.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; z != before; y += y) {
    x *= x;
    before = z;
    z += x * y;
  }
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y /= 2;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

double EstimateRegisters(const uint8_t* registers) {
  constexpr double kCount = HyperLogLog::kRegisters;
  constexpr uint8_t kMaxRank = HyperLogLog::kMaxRank;
  std::array<uint32_t, kMaxRank + 1> histogram{};
  for (size_t i = 0; i < HyperLogLog::kRegisters; ++i) ++histogram[registers[i]];
  double z = kCount * Tau(1 - histogram[kMaxRank] / kCount);
  for (int rank = kRankBits; rank > 0; --rank) z = (z + histogram[rank]) / 2;
  z += kCount * Sigma(histogram[0] / kCount);
  // Were every register at the largest rank, z would be zero.
  return std::min(kAllHashes, kCount * kCount / (2 * std::log(2.0) * z));
}

// Of tokens that share their hash bits the one with the largest rank stays: the last, as they ascend.
void KeepLargest(std::vector<uint32_t>& ascending) {
  size_t kept = 0;
  for (size_t i = 0; i < ascending.size(); ++i) {
    const bool replaced = i + 1 < ascending.size() && SameHashBits(ascending[i], ascending[i + 1]);
    if (!replaced) ascending[kept++] = ascending[i];
  }
  ascending.resize(kept);
}

}  // namespace

HyperLogLog::HyperLogLog(const HyperLogLog& other) : tokens_(other.tokens_), folded_(other.folded_) {
  if (other.registers_ == nullptr) return;
  registers_ = std::make_unique<uint8_t[]>(kRegisters);
  std::memcpy(registers_.get(), other.registers_.get(), kRegisters);
}

HyperLogLog& HyperLogLog::operator=(const HyperLogLog& other) { return *this = HyperLogLog(other); }

void HyperLogLog::Add(absl::string_view member) { AddHash(MetroHash64(member, kSeed)); }

void HyperLogLog::AddHash(uint64_t hash) {
  if (registers_ == nullptr) {
    AddToken(TokenOfHash(hash));
  } else {
    Raise(RegisterOfHash(hash), RankOfHash(hash));
  }
}

void HyperLogLog::Merge(const HyperLogLog& other) {
  if (other.registers_ != nullptr) {
    TurnDense();
    for (size_t i = 0; i < kRegisters; ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
    return;
  }
  const std::vector<uint32_t> tokens = other.tokens_;  // other may be this
  for (const uint32_t token : tokens) AddToken(token);
}

double HyperLogLog::Estimate() const {
  if (registers_ != nullptr) return EstimateRegisters(registers_.get());
  if (folded_ < tokens_.size()) return Folded().Estimate();
  // Linear counting over all possible hash bits.
  constexpr double kSlots = size_t{1} << kTokenHashBits;
  return kSlots * -std::log1p(-static_cast<double>(tokens_.size()) / kSlots);
}

size_t HyperLogLog::MemoryBytes() const {
  return sizeof *this + tokens_.capacity() * sizeof(uint32_t) + (registers_ == nullptr ? 0 : kRegisters);
}

void HyperLogLog::AddToken(uint32_t token) {
  if (registers_ != nullptr) {
    Raise(RegisterOfToken(token), RankOfToken(token));
    return;
  }
  tokens_.push_back(token);
  if (tokens_.size() - folded_ > std::max<size_t>(kMinUnfolded, folded_ / 4)) Fold();
}

void HyperLogLog::Raise(uint32_t index, uint8_t rank) { registers_[index] = std::max(registers_[index], rank); }

void HyperLogLog::Fold() {
  std::sort(tokens_.begin() + folded_, tokens_.end());
  std::inplace_merge(tokens_.begin(), tokens_.begin() + folded_, tokens_.end());
  KeepLargest(tokens_);
  folded_ = static_cast<uint32_t>(tokens_.size());
  if (folded_ > kMaxTokens) TurnDense();
}

HyperLogLog HyperLogLog::Folded() const {
  HyperLogLog copy = *this;
  copy.Fold();
  return copy;
}

void HyperLogLog::TurnDense() {
  if (registers_ != nullptr) return;
  registers_ = std::make_unique<uint8_t[]>(kRegisters);
  for (const uint32_t token : tokens_) Raise(RegisterOfToken(token), RankOfToken(token));
  tokens_ = std::vector<uint32_t>();
  folded_ = 0;
}

}  // namespace tributary
