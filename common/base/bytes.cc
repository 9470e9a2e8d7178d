#include "common/base/bytes.h"

#include <bit>
#include <boost/crc.hpp>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace tributary {

uint64_t ByteReader::Varint() {
  uint64_t value = 0;
  if (rest_.size() >= sizeof value) {
    std::memcpy(&value, rest_.data(), sizeof value);
    const uint64_t last = ~value & 0x8080808080808080;
    if (last != 0) {
      rest_.remove_prefix(static_cast<size_t>(std::countr_zero(last)) / 8 + 1);
      value &= (last ^ (last - 1)) & 0x7f7f7f7f7f7f7f7f;
      value = (value & 0x7f007f007f007f00) >> 1 | (value & 0x007f007f007f007f);
      value = (value & 0x3fff00003fff0000) >> 2 | (value & 0x00003fff00003fff);
      return (value & 0x0fffffff00000000) >> 4 | (value & 0x000000000fffffff);
    }
    value = 0;
  }
  for (int shift = 0; shift < 70; shift += 7) {
    const uint8_t byte = U8();
    if (!ok_ || (shift == 63 && byte > 1)) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  Fail();
  return 0;
}

absl::string_view ByteReader::Bytes(uint64_t size) {
  if (size > rest_.size()) {
    Fail();
    return absl::string_view();
  }
  const absl::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

namespace {

uint32_t PortableCrc32c(absl::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t HardwareCrc32c(absl::string_view bytes) {
  uint64_t crc = 0xFFFFFFFF;
  for (; bytes.size() >= sizeof crc; bytes.remove_prefix(sizeof crc)) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  for (const char byte : bytes) crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<uint8_t>(byte));
  return ~static_cast<uint32_t>(crc);
}

const bool kHasHardwareCrc32c = __builtin_cpu_supports("sse4.2");
#else
constexpr bool kHasHardwareCrc32c = false;
uint32_t HardwareCrc32c(absl::string_view bytes) { return PortableCrc32c(bytes); }
#endif

}  // namespace

uint32_t Crc32c(absl::string_view bytes) { return kHasHardwareCrc32c ? HardwareCrc32c(bytes) : PortableCrc32c(bytes); }

}  // namespace tributary
