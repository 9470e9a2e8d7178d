#include "common/sketch/prefix_code.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "common/base/check.h"

namespace tributary {
namespace {

constexpr int kSymbolBits = 6;
constexpr int kLengthBits = 4;

// Depths of Huffman's tree, equal sums joined in the order in which they arose.
std::vector<uint8_t> DepthsOf(const std::vector<uint32_t>& counts) {
  using Node = std::pair<uint64_t, size_t>;  // count, index in `parents`
  std::vector<size_t> parents(counts.size());
  std::priority_queue<Node, std::vector<Node>, std::greater<>> open;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) open.emplace(counts[i], i);
  }
  while (open.size() > 1) {
    const Node a = open.top();
    open.pop();
    const Node b = open.top();
    open.pop();
    parents[a.second] = parents[b.second] = parents.size();
    open.emplace(a.first + b.first, parents.size());
    parents.push_back(0);
  }
  std::vector<uint8_t> depths(parents.size());
  for (size_t i = parents.size() - 1; i-- > 0;) {
    if (parents[i] > 0) depths[i] = static_cast<uint8_t>(depths[parents[i]] + 1);
  }
  depths.resize(counts.size());
  return depths;
}

uint32_t Reversed(uint32_t code, int length) {
  uint32_t reversed = 0;
  for (int i = 0; i < length; ++i) reversed |= ((code >> i) & 1) << (length - 1 - i);
  return reversed;
}

}  // namespace

PrefixCode::PrefixCode(absl::Span<const uint32_t> counts) {
  TRIBUTARY_CHECK(counts.size() <= kMaxSymbols);
  std::vector<uint32_t> left(counts.begin(), counts.end());
  const auto occurs = [](uint32_t count) { return count > 0; };
  const auto first = std::find_if(left.begin(), left.end(), occurs);
  TRIBUTARY_CHECK(first != left.end());
  first_ = static_cast<int>(first - left.begin());
  last_ = static_cast<int>(left.rend() - std::find_if(left.rbegin(), left.rend(), occurs)) - 1;
  std::vector<uint8_t> depths = DepthsOf(left);
  while (*std::max_element(depths.begin(), depths.end()) > kMaxBits) {
    for (uint32_t& count : left) count = (count + 1) / 2;
    depths = DepthsOf(left);
  }
  for (size_t i = 0; i < left.size(); ++i) {
    lengths_[i] = depths[i];
    used_[i] = left[i] > 0 ? 1 : 0;
  }
  TRIBUTARY_CHECK(Assign());
}

bool PrefixCode::Assign() {
  uint32_t next = 0;  // of kMaxBits bits
  for (int length = 0; length <= kMaxBits; ++length) {
    for (int symbol = first_; symbol <= last_; ++symbol) {
      if (used_[symbol] == 0 || lengths_[symbol] != length) continue;
      if (next >> kMaxBits != 0) return false;
      codes_[symbol] = static_cast<uint16_t>(Reversed(next >> (kMaxBits - length), length));
      next += 1u << (kMaxBits - length);
    }
  }
  return next == 1u << kMaxBits;
}

void PrefixCode::Write(BitWriter& writer) const {
  writer.Write(static_cast<uint64_t>(first_), kSymbolBits);
  writer.Write(static_cast<uint64_t>(last_), kSymbolBits);
  if (first_ == last_) return;
  for (int symbol = first_; symbol <= last_; ++symbol) writer.Write(lengths_[symbol], kLengthBits);
}

std::optional<PrefixCode> PrefixCode::Read(BitReader& reader) {
  PrefixCode code;
  code.first_ = static_cast<int>(reader.Read(kSymbolBits));
  code.last_ = static_cast<int>(reader.Read(kSymbolBits));
  if (!reader.ok() || code.first_ > code.last_) return std::nullopt;
  for (int symbol = code.first_; symbol <= code.last_; ++symbol) {
    const bool alone = code.first_ == code.last_;
    code.lengths_[symbol] = alone ? 0 : static_cast<uint8_t>(reader.Read(kLengthBits));
    if (code.lengths_[symbol] > kMaxBits) return std::nullopt;
    code.used_[symbol] = alone || code.lengths_[symbol] > 0 ? 1 : 0;
  }
  if (code.used_[code.first_] == 0 || code.used_[code.last_] == 0) return std::nullopt;
  return reader.ok() && code.Assign() ? std::optional<PrefixCode>(code) : std::nullopt;
}

// By a table of all prefixes; four symbols at a time, for a reader looks 56 bits ahead.
void PrefixCode::Decode(BitReader& reader, absl::Span<uint8_t> out) const {
  struct Entry {
    uint8_t symbol;
    uint8_t length;
  };
  std::array<Entry, size_t{1} << kMaxBits> table;
  for (int symbol = first_; symbol <= last_; ++symbol) {
    if (used_[symbol] == 0) continue;
    for (size_t i = codes_[symbol]; i < table.size(); i += size_t{1} << lengths_[symbol]) {
      table[i] = {static_cast<uint8_t>(symbol), lengths_[symbol]};
    }
  }
  constexpr int kAtOnce = 4;
  static_assert(kAtOnce * kMaxBits <= 56);
  for (size_t i = 0; i < out.size();) {
    uint64_t window = reader.Peek(kAtOnce * kMaxBits);
    int bits = 0;
    for (int k = 0; k < kAtOnce && i < out.size(); ++k) {
      const Entry entry = table[window & (table.size() - 1)];
      out[i++] = entry.symbol;
      window >>= entry.length;
      bits += entry.length;
    }
    reader.Skip(bits);
  }
}

}  // namespace tributary
