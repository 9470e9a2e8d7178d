#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// Which of the cluster's intervals a rolled-up row was made of, by their number in it. A value.
//
// Bytes: little-endian bits; all of them, the usual case, is the empty string.
class IntervalMask {
 public:
  IntervalMask() = default;
  // None of `size`.
  explicit IntervalMask(int size) : bits_((static_cast<size_t>(size) + 7) / 8, '\0') {}
  static IntervalMask All(int size) {
    IntervalMask mask(size);
    for (int i = 0; i < size; ++i) mask.Set(i);
    return mask;
  }

  void Set(int index) { bits_[static_cast<size_t>(index) / 8] |= static_cast<char>(1 << (index % 8)); }
  // `other`'s bits, from `first` on. REQUIRES: they fit.
  void SetFrom(const IntervalMask& other, int other_size, int first) {
    for (int i = 0; i < other_size; ++i) {
      if (other.Has(i)) Set(first + i);
    }
  }
  bool Has(int index) const { return (bits_[static_cast<size_t>(index) / 8] >> (index % 8)) & 1; }
  int Count() const {
    int count = 0;
    for (const char byte : bits_) count += std::popcount(static_cast<unsigned char>(byte));
    return count;
  }
  bool Meets(const IntervalMask& other) const {
    for (size_t i = 0; i < std::min(bits_.size(), other.bits_.size()); ++i) {
      if (bits_[i] & other.bits_[i]) return true;
    }
    return false;
  }
  // REQUIRES: equal sizes.
  IntervalMask& operator|=(const IntervalMask& other) {
    for (size_t i = 0; i < bits_.size(); ++i) bits_[i] |= other.bits_[i];
    return *this;
  }
  friend bool operator==(const IntervalMask&, const IntervalMask&) = default;

  std::string Encode(int size) const { return *this == All(size) ? std::string() : bits_; }
  // False for what Encode does not write.
  static bool Decode(absl::string_view bytes, int size, IntervalMask& mask) {
    mask = All(size);
    if (bytes.empty()) return true;
    const IntervalMask all = mask;
    if (bytes.size() != all.bits_.size()) return false;
    mask.bits_ = std::string(bytes);
    IntervalMask within = mask;
    for (size_t i = 0; i < within.bits_.size(); ++i) within.bits_[i] &= all.bits_[i];
    return within == mask && mask.Count() > 0;
  }

 private:
  std::string bits_;
};

}  // namespace tributary
