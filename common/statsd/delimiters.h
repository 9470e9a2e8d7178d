#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace tributary {

// Where the ':' and '|' of a line are: those of its first 64 bytes are found in one pass, 16 bytes at a time, and then
// told by counting bits; what is beyond is searched when it is asked for.
// Threads: does not change after construction. Views the line.
class Delimiters {
 public:
  explicit Delimiters(absl::string_view line) : line_(line) {
    const size_t size = std::min(line.size(), kScanned);
    if (size < kBlock) {
      Scan(0, size);
      return;
    }
    for (size_t i = 0; i + kBlock <= size; i += kBlock) ScanBlock(i);
    ScanBlock(size - kBlock);  // what was short of a block; some of it again, to no effect
  }

  // The first at `from` or later; npos when there is none. REQUIRES: from <= line.size().
  size_t FindColon(size_t from) const { return Find(colons_, ':', from); }
  size_t FindPipe(size_t from) const { return Find(pipes_, '|', from); }

 private:
  static constexpr size_t kScanned = 64;
  static constexpr size_t kBlock = 16;

  void Scan(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      colons_ |= uint64_t{line_[i] == ':'} << i;
      pipes_ |= uint64_t{line_[i] == '|'} << i;
    }
  }

  void ScanBlock(size_t begin) {
#ifdef __SSE2__
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(line_.data() + begin));
    const auto bits = [block](char wanted) {
      return uint64_t{static_cast<uint16_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(wanted))))};
    };
    colons_ |= bits(':') << begin;
    pipes_ |= bits('|') << begin;
#else
    Scan(begin, begin + kBlock);
#endif
  }

  size_t Find(uint64_t bits, char delimiter, size_t from) const {
    if (from < kScanned) {
      if (const uint64_t left = bits >> from; left != 0) return from + static_cast<size_t>(std::countr_zero(left));
      from = kScanned;
    }
    return line_.size() <= kScanned ? absl::string_view::npos : line_.find(delimiter, from);
  }

  const absl::string_view line_;
  uint64_t colons_ = 0;  // bit i: byte i is one
  uint64_t pipes_ = 0;
};

}  // namespace tributary
