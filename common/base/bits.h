#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace tributary {

// Appends numbers of any width to a string, the lowest bit of each first; Finish fills the last byte with zeros.
// Thread-compatible.
class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}

  // REQUIRES: width <= 64, value < 2^width.
  void Write(uint64_t value, int width) {
    waiting_ |= value << used_;
    if (used_ + width < 64) {
      used_ += width;
      return;
    }
    out_.append(reinterpret_cast<const char*>(&waiting_), sizeof waiting_);
    const int written = 64 - used_;
    waiting_ = written == 64 ? 0 : value >> written;
    used_ += width - 64;
  }
  // Zeros, as many as `value`, and a one.
  void WriteUnary(uint64_t value) {
    for (; value >= 32; value -= 32) Write(0, 32);
    Write(uint64_t{1} << value, static_cast<int>(value) + 1);
  }
  void Finish() {
    out_.append(reinterpret_cast<const char*>(&waiting_), static_cast<size_t>(used_ + 7) / 8);
    waiting_ = 0;
    used_ = 0;
  }

 private:
  std::string& out_;
  uint64_t waiting_ = 0;
  int used_ = 0;  // bits of waiting_; below 64
};

// Reads what BitWriter wrote, from bytes that may be anything: nothing is read beyond them, what is missing reads as
// zeros, and ok() is false from then on. Thread-compatible.
class BitReader {
 public:
  explicit BitReader(absl::string_view bytes) : bytes_(bytes), end_(8 * bytes.size()) {}

  // The next bits, without moving on. REQUIRES: width <= 56.
  uint64_t Peek(int width) const { return Window() & ((uint64_t{1} << width) - 1); }
  void Skip(int width) { at_ += static_cast<size_t>(width); }
  // REQUIRES: width <= 64.
  uint64_t Read(int width) {
    if (width <= 56) {
      const uint64_t value = Peek(width);
      Skip(width);
      return value;
    }
    const uint64_t low = Read(32);
    return low | Read(width - 32) << 32;
  }
  // At most `most`; more is not ok.
  uint64_t ReadUnary(uint64_t most) {
    uint64_t zeros = 0;
    while (ok() && zeros <= most) {
      const uint64_t window = Peek(56);
      if (window == 0) {
        zeros += 56;
        Skip(56);
        continue;
      }
      const int more = __builtin_ctzll(window);
      zeros += static_cast<uint64_t>(more);
      Skip(more + 1);
      if (zeros <= most) return zeros;
    }
    Fail();
    return 0;
  }

  // One after the other. REQUIRES: width <= 64.
  void ReadMany(int width, absl::Span<uint64_t> out) {
    const size_t bits = static_cast<size_t>(width) * out.size();
    if (width > 56 || (at_ + bits) / 8 + sizeof(uint64_t) > bytes_.size()) {
      for (uint64_t& value : out) value = Read(width);
      return;
    }
    const uint64_t mask = (uint64_t{1} << width) - 1;
    for (size_t i = 0, at = at_; i < out.size(); ++i, at += static_cast<size_t>(width)) {
      uint64_t word;
      std::memcpy(&word, bytes_.data() + at / 8, sizeof word);
      out[i] = (word >> (at % 8)) & mask;
    }
    at_ += bits;
  }

  bool ok() const { return at_ <= end_; }
  void Fail() { at_ = SIZE_MAX / 2; }
  // The bytes that are left. Not ok unless the rest of the last byte before them is zero.
  absl::string_view Rest() {
    const int filled = static_cast<int>((8 - at_ % 8) % 8);
    if (!ok() || Peek(filled) != 0) {
      Fail();
      return absl::string_view();
    }
    return bytes_.substr((at_ + 7) / 8);
  }
  // All bytes are read, and the last one's rest is zero.
  bool AtEnd() const { return ok() && end_ - at_ < 8 && Window() == 0; }

 private:
  // At least 57 bits from at_ on.
  uint64_t Window() const {
    const size_t byte = at_ / 8;
    uint64_t word = 0;
    if (byte + sizeof word <= bytes_.size()) {
      std::memcpy(&word, bytes_.data() + byte, sizeof word);
    } else if (byte < bytes_.size()) {
      std::memcpy(&word, bytes_.data() + byte, bytes_.size() - byte);
    }
    return word >> (at_ % 8);
  }

  absl::string_view bytes_;
  size_t end_;
  size_t at_ = 0;  // bits
};

}  // namespace tributary
