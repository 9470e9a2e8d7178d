#pragma once

#include <cstdint>
#include <random>

namespace tributary::sim {

// Chance that follows from a seed, the same on every machine. Thread-compatible.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  uint64_t Random() { return random_(); }
  double Chance() { return static_cast<double>(random_() >> 11) * 0x1p-53; }  // uniform in [0, 1)
  bool Chance(double probability) { return Chance() < probability; }
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }  // uniform in 0..n-1
  double Uniform(double min, double max) { return min + (max - min) * Chance(); }

 private:
  std::mt19937_64 random_;
};

}  // namespace tributary::sim
