#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace tributary {

// Writes a LEB128 varint to `to`, which has room for kMaxVarintBytes; returns its end.
constexpr size_t kMaxVarintBytes = 10;
inline char* WriteVarint(char* to, uint64_t value) {
  for (; value >= uint64_t{1} << 56; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  // Seven bits a byte, all eight bytes at once: lengths are hard to foresee.
  const int size = (std::bit_width(value | 1) + 6) / 7;
  uint64_t spread = (value & 0x00fffffff0000000) << 4 | (value & 0x000000000fffffff);
  spread = (spread & 0x0fffc0000fffc000) << 2 | (spread & 0x00003fff00003fff);
  spread = (spread & 0x3f803f803f803f80) << 1 | (spread & 0x007f007f007f007f);
  spread |= 0x0080808080808080 & ((uint64_t{1} << (8 * size - 8)) - 1);
  std::memcpy(to, &spread, sizeof spread);
  return to + size;
}

// Appends numbers to a string: fixed-width little-endian and LEB128 varints. Thread-compatible.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void U8(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void U16(uint16_t value) { Raw(value); }
  void U32(uint32_t value) { Raw(value); }
  void U64(uint64_t value) { Raw(value); }
  void F64(double value) { Raw(value); }
  void Varint(uint64_t value) {
    char bytes[kMaxVarintBytes];
    out_.append(bytes, static_cast<size_t>(WriteVarint(bytes, value) - bytes));
  }
  void Zigzag(int64_t value) { Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63)); }
  void Bytes(absl::string_view bytes) { out_.append(bytes.data(), bytes.size()); }
  // A varint length, then the bytes.
  void Sized(absl::string_view bytes) {
    Varint(bytes.size());
    Bytes(bytes);
  }

 private:
  template <class T>
  void Raw(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  std::string& out_;
};

// Reads what ByteWriter wrote, from bytes that may be anything. Every read past the end, and every varint of more than
// ten bytes or 64 bits, sets ok() to false and yields zero; nothing is read beyond `bytes`. Thread-compatible.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  absl::string_view rest() const { return rest_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

  uint8_t U8() { return Raw<uint8_t>(); }
  uint16_t U16() { return Raw<uint16_t>(); }
  uint32_t U32() { return Raw<uint32_t>(); }
  uint64_t U64() { return Raw<uint64_t>(); }
  double F64() { return Raw<double>(); }
  uint64_t Varint();
  int64_t Zigzag() {
    const uint64_t raw = Varint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }
  // A view of the next `size` bytes; empty when there are fewer.
  absl::string_view Bytes(uint64_t size);
  absl::string_view Sized() { return Bytes(Varint()); }
  void Fail() {
    ok_ = false;
    rest_ = absl::string_view();
  }

 private:
  template <class T>
  T Raw() {
    T value{};
    if (rest_.size() < sizeof value) {
      Fail();
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }

  absl::string_view rest_;
  bool ok_ = true;
};

// CRC-32C (Castagnoli), as in RFC 3720; by the processor where it can.
uint32_t Crc32c(absl::string_view bytes);

}  // namespace tributary
