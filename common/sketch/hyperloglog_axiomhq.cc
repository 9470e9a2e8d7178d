// The bytes of axiomhq/hyperloglog: of version 1 (2017), as Veneur writes and reads them; version 2 (2024) is read too,
// whose dense form has a byte a register. All integers are big-endian.
//
//   01 | precision | base | 00 | u32 size = 8192 | registers, 4 bits each above base, the even one in the high bits
//   02 | precision |   00 | 00 | u32 size = 16384 | registers
//   01 | precision | base | 01 | u32 n | n x u32 key, any order | u32 count | u32 last | u32 size | count LEB128 steps
//   02 | the same
//
// We write the ascending list only, n = 0.

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/sketch/hyperloglog.h"
#include "common/sketch/hyperloglog_token.h"

namespace tributary {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kByteRegistersVersion = 2;
constexpr uint8_t kSparse = 1;
constexpr size_t kDenseBytes = HyperLogLog::kRegisters / 2;
constexpr uint8_t kMaxNibble = 15;

void WriteU32(ByteWriter& writer, uint32_t value) { writer.U32(__builtin_bswap32(value)); }
uint32_t ReadU32(ByteReader& reader) { return __builtin_bswap32(reader.U32()); }

void WriteHeader(ByteWriter& writer, uint8_t base, bool sparse) {
  writer.U8(kVersion);
  writer.U8(HyperLogLog::kPrecision);
  writer.U8(base);
  writer.U8(sparse ? kSparse : 0);
}

void WriteDense(const uint8_t* registers, ByteWriter& writer) {
  const uint8_t base = *std::min_element(registers, registers + HyperLogLog::kRegisters);
  const auto nibble = [registers, base](size_t i) { return std::min<uint8_t>(kMaxNibble, registers[i] - base); };
  WriteHeader(writer, base, false);
  WriteU32(writer, kDenseBytes);
  for (size_t i = 0; i < HyperLogLog::kRegisters; i += 2) {
    writer.U8(static_cast<uint8_t>(nibble(i) << 4 | nibble(i + 1)));
  }
}

std::string SparseBytes(const std::vector<uint32_t>& tokens) {
  std::vector<uint32_t> keys(tokens.size());
  std::transform(tokens.begin(), tokens.end(), keys.begin(), KeyOfToken);
  std::sort(keys.begin(), keys.end());
  std::string steps;
  ByteWriter step_writer(steps);
  uint32_t last = 0;
  for (const uint32_t key : keys) {
    step_writer.Varint(key - last);
    last = key;
  }
  std::string bytes;
  ByteWriter writer(bytes);
  WriteHeader(writer, 0, true);
  WriteU32(writer, 0);
  WriteU32(writer, static_cast<uint32_t>(keys.size()));
  WriteU32(writer, last);
  WriteU32(writer, static_cast<uint32_t>(steps.size()));
  writer.Bytes(steps);
  return bytes;
}

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("set: malformed ", what));
}

}  // namespace

void HyperLogLog::EncodeAxiomhq(std::string& out) const {
  if (folded_ < tokens_.size()) return Folded().EncodeAxiomhq(out);
  ByteWriter writer(out);
  if (registers_ != nullptr) {
    WriteDense(registers_.get(), writer);
    return;
  }
  const std::string sparse = SparseBytes(tokens_);
  if (sparse.size() <= 8 + kDenseBytes) {
    writer.Bytes(sparse);
    return;
  }
  HyperLogLog dense = *this;
  dense.TurnDense();
  WriteDense(dense.registers_.get(), writer);
}

absl::StatusOr<HyperLogLog> HyperLogLog::DecodeAxiomhq(absl::string_view bytes) {
  ByteReader reader(bytes);
  const uint8_t version = reader.U8();
  if (version != kVersion && version != kByteRegistersVersion) return Malformed("version");
  if (reader.U8() != kPrecision) return Malformed("precision");
  const uint8_t base = reader.U8();
  const uint8_t form = reader.U8();
  if (!reader.ok() || form > kSparse) return Malformed("header");
  HyperLogLog set;
  const absl::Status read = form == kSparse       ? set.ReadSparse(reader.rest())
                            : version == kVersion ? set.ReadDense(base, reader.rest())
                                                  : set.ReadByteRegisters(reader.rest());
  if (!read.ok()) return read;
  return set;
}

absl::Status HyperLogLog::ReadDense(uint8_t base, absl::string_view bytes) {
  ByteReader reader(bytes);
  if (ReadU32(reader) != kDenseBytes || reader.rest().size() != kDenseBytes) return Malformed("registers");
  const absl::string_view packed = reader.rest();
  TurnDense();
  for (size_t i = 0; i < kDenseBytes; ++i) {
    const uint8_t pair = static_cast<uint8_t>(packed[i]);
    const int even = base + (pair >> 4);
    const int odd = base + (pair & 15);
    if (std::max(even, odd) > kMaxRank) return Malformed("rank");
    registers_[2 * i] = static_cast<uint8_t>(even);
    registers_[2 * i + 1] = static_cast<uint8_t>(odd);
  }
  return absl::OkStatus();
}

absl::Status HyperLogLog::ReadByteRegisters(absl::string_view bytes) {
  ByteReader reader(bytes);
  if (ReadU32(reader) != kRegisters || reader.rest().size() != kRegisters) return Malformed("registers");
  TurnDense();
  for (size_t i = 0; i < kRegisters; ++i) {
    registers_[i] = static_cast<uint8_t>(reader.rest()[i]);
    if (registers_[i] > kMaxRank) return Malformed("rank");
  }
  return absl::OkStatus();
}

absl::Status HyperLogLog::ReadSparse(absl::string_view bytes) {
  ByteReader reader(bytes);
  const uint32_t unsorted = ReadU32(reader);
  if (unsorted > reader.rest().size() / sizeof(uint32_t)) return Malformed("key count");
  uint32_t token = 0;
  for (uint32_t i = 0; i < unsorted; ++i) {
    if (!TokenOfKey(ReadU32(reader), token)) return Malformed("key");
    AddToken(token);
  }
  const uint32_t count = ReadU32(reader);
  const uint32_t last = ReadU32(reader);
  const uint32_t size = ReadU32(reader);
  if (!reader.ok() || size != reader.rest().size() || count > size) return Malformed("list size");
  uint64_t key = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t step = reader.Varint();
    if (!reader.ok() || step > UINT32_MAX - key) return Malformed("step");
    key += step;
    if (!TokenOfKey(static_cast<uint32_t>(key), token)) return Malformed("key");
    AddToken(token);
  }
  if (!reader.AtEnd() || key != last) return Malformed("list end");
  Fold();
  return absl::OkStatus();
}

}  // namespace tributary
