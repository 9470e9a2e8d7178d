#include "common/sketch/prefix_code.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace tributary {
namespace {

std::string Coded(const std::vector<uint8_t>& symbols) {
  std::vector<uint32_t> counts(PrefixCode::kMaxSymbols);
  for (const uint8_t symbol : symbols) ++counts[symbol];
  const PrefixCode code(counts);
  std::string bytes;
  BitWriter writer(bytes);
  code.Write(writer);
  for (const uint8_t symbol : symbols) code.Encode(symbol, writer);
  writer.Finish();
  return bytes;
}

void ExpectComesBack(const std::vector<uint8_t>& symbols) {
  const std::string bytes = Coded(symbols);
  BitReader reader(bytes);
  const std::optional<PrefixCode> code = PrefixCode::Read(reader);
  ASSERT_TRUE(code.has_value());
  std::vector<uint8_t> read(symbols.size());
  code->Decode(reader, absl::MakeSpan(read));
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_EQ(read, symbols);
}

TEST(PrefixCodeTest, SymbolsComeBack) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::geometric_distribution<int> rank(0.02 + 0.9 * (round % 10) / 10);
    std::vector<uint8_t> symbols(1 + random() % 3000);
    for (uint8_t& symbol : symbols) symbol = static_cast<uint8_t>(std::min(63, rank(random)));
    ExpectComesBack(symbols);
  }
}

TEST(PrefixCodeTest, OneSymbolTakesNoBits) {
  ExpectComesBack(std::vector<uint8_t>(1000, 63));
  EXPECT_EQ(Coded(std::vector<uint8_t>(1000, 63)).size(), 2);
}

// Fibonacci's numbers make the deepest tree: 25 symbols would need 24 bits.
TEST(PrefixCodeTest, DeepTreesAreMadeToFit) {
  std::vector<uint8_t> symbols;
  int a = 1;
  int b = 1;
  for (uint8_t symbol = 0; symbol < 25; ++symbol) {
    symbols.insert(symbols.end(), static_cast<size_t>(a), symbol);
    const int next = a + b;
    a = b;
    b = next;
  }
  ExpectComesBack(symbols);
}

// Shannon: never below the entropy; Huffman: less than a bit a symbol above it, and equal where all shares are powers.
TEST(PrefixCodeTest, TakesTheEntropyWhereSharesArePowersOfTwo) {
  std::vector<uint8_t> symbols;
  for (uint8_t symbol = 0; symbol < 8; ++symbol) symbols.insert(symbols.end(), size_t{1} << (13 - symbol), symbol);
  symbols.insert(symbols.end(), 64, 8);
  double bits = 6 + 6 + 9 * 4 + 64 * 8;
  for (int symbol = 0; symbol < 8; ++symbol) bits += std::ldexp(symbol + 1, 13 - symbol);
  EXPECT_EQ(Coded(symbols).size(), static_cast<size_t>(std::ceil(bits / 8)));
}

}  // namespace
}  // namespace tributary
