#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/sketch/hyperloglog.h"
#include "gtest/gtest.h"

namespace tributary {

// What holds of a set's bytes in every form that is written; `bytes_of` writes one.
using SetBytes = std::string (*)(const HyperLogLog&);

inline HyperLogLog Read(const std::string& bytes) {
  absl::StatusOr<HyperLogLog> set = HyperLogLog::Decode(bytes);
  EXPECT_TRUE(set.ok()) << set.status();
  return *std::move(set);
}

// Of member-<begin> to member-<end - 1>.
inline HyperLogLog Range(int begin, int end) {
  HyperLogLog set;
  for (int i = begin; i < end; ++i) set.Add(absl::StrCat("member-", i));
  return set;
}

inline void ExpectBytesComeBack(SetBytes bytes_of) {
  for (const int count : {1, 100, 3000, 3300, 50000}) {
    const std::string bytes = bytes_of(Range(0, count));
    EXPECT_EQ(bytes_of(Read(bytes)), bytes) << count;
    EXPECT_NEAR(Read(bytes).Estimate(), Range(0, count).Estimate(), 0.002 * count);
  }
}

inline void ExpectTruncatedAndMutatedBytesAreRefusedOrValid(SetBytes bytes_of) {
  constexpr uint64_t kSeed = 19;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (const int count : {3, 200, 20000}) {
    const std::string bytes = bytes_of(Range(0, count));
    for (size_t size = 0; size < bytes.size(); size += 1 + size / 50) {
      EXPECT_FALSE(HyperLogLog::Decode(absl::string_view(bytes).substr(0, size)).ok());
    }
    for (int round = 0; round < 2000; ++round) {
      std::string mutated = bytes;
      mutated[random() % mutated.size()] = static_cast<char>(random());
      const absl::StatusOr<HyperLogLog> set = HyperLogLog::Decode(mutated);
      if (!set.ok()) continue;
      EXPECT_TRUE(std::isfinite(set->Estimate()));
      EXPECT_EQ(bytes_of(Read(bytes_of(*set))), bytes_of(*set));
    }
  }
}

}  // namespace tributary
