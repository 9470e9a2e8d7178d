#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tributary {

// Counts distinct strings approximately.
//
// Shape:   few members: a list of tokens, each 25 bits of the member's hash; beyond kMaxTokens: 2^14 registers. The
//          hash is MetroHash64 with seed 1337, as in Veneur.
// Merge:   union; commutative, associative, idempotent. Equal sets of members give equal bytes, however they came, the
//          wire between them included.
// Error:   relative standard error 0.01 % as tokens, 1.04 / sqrt(2^14) = 0.8 % as registers.
// Wire:    a form of our own that keeps all of it (hyperloglog_codec.cc): about 17 bits a token, 3 a register. And the
//          version 1 bytes of axiomhq/hyperloglog, which Veneur speaks, whichever of its two forms is smaller. Its
//          dense form has 4 bits a register above a common base: ranks more than 15 above the smallest are clipped.
// Threads: thread-compatible; const members never write.
// Source:  Flajolet, Fusy, Gandouet, Meunier, "HyperLogLog", AofA 2007; estimator: Ertl, "New cardinality estimation
//          algorithms for HyperLogLog sketches", arXiv 1702.01284, algorithm 6; sparse form: Heule, Nunkesser, Hall,
//          "HyperLogLog in Practice", EDBT 2013, section 5.3.
class HyperLogLog {
 public:
  static constexpr int kPrecision = 14;
  static constexpr size_t kRegisters = size_t{1} << kPrecision;
  static constexpr uint8_t kMaxRank = 64 - kPrecision + 1;
  // Of about the size of the registers, in memory and on the wire.
  static constexpr size_t kMaxTokens = 3300;

  HyperLogLog() = default;
  HyperLogLog(const HyperLogLog& other);
  HyperLogLog& operator=(const HyperLogLog& other);
  HyperLogLog(HyperLogLog&&) noexcept = default;
  HyperLogLog& operator=(HyperLogLog&&) noexcept = default;

  void Add(absl::string_view member);
  void AddHash(uint64_t hash);
  void Merge(const HyperLogLog& other);

  double Estimate() const;
  bool empty() const { return tokens_.empty() && registers_ == nullptr; }

  // Appends the native form.
  void Encode(std::string& out) const;
  // Appends what Veneur reads.
  void EncodeAxiomhq(std::string& out) const;
  // Reads the native form, and both forms of axiomhq's versions 1 and 2 at precision 14.
  static absl::StatusOr<HyperLogLog> Decode(absl::string_view bytes);

  size_t MemoryBytes() const;

 private:
  void AddToken(uint32_t token);
  void Raise(uint32_t index, uint8_t rank);
  void Fold();
  HyperLogLog Folded() const;
  void TurnDense();
  static absl::StatusOr<HyperLogLog> DecodeAxiomhq(absl::string_view bytes);
  absl::Status ReadTokens(absl::string_view bytes);
  absl::Status ReadRanks(absl::string_view bytes);
  absl::Status ReadDense(uint8_t base, absl::string_view bytes);
  absl::Status ReadByteRegisters(absl::string_view bytes);
  absl::Status ReadSparse(absl::string_view bytes);

  // Either tokens (hyperloglog_token.h), of which the first folded_ ascend and differ in their hash bits, or registers.
  std::vector<uint32_t> tokens_;
  uint32_t folded_ = 0;
  std::unique_ptr<uint8_t[]> registers_;  // ranks, 0 where no member fell
};

}  // namespace tributary
