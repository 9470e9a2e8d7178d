#include "common/traffic/synthetic.h"

#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/check.h"

namespace tributary {
namespace {

using Kind = Measurement::Kind;

// Names of a type; what is beyond is told apart by tags, if there are any.
constexpr uint64_t kNames = 50;

// The latencies, in milliseconds: log-normal.
constexpr double kMedianMs = 40;
constexpr double kSpread = 0.5;

// The n-th output of the generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
// OOPSLA 2014.
uint64_t SplitMix64(uint64_t seed, uint64_t n) {
  uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Box and Muller's method over the two halves of `random`.
double LatencyMs(uint64_t random) {
  const double radius = std::sqrt(-2 * std::log((static_cast<double>(random >> 32) + 1) * 0x1p-32));
  const double angle = 2 * std::numbers::pi * static_cast<double>(random & 0xffffffff) * 0x1p-32;
  return kMedianMs * std::exp(kSpread * radius * std::cos(angle));
}

absl::string_view Word(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "requests";
    case Kind::kGauge:
      return "depth";
    case Kind::kTimer:
    case Kind::kHistogram:
    case Kind::kDistribution:
      return "latency";
    case Kind::kSet:
      return "users";
  }
  return "";
}

std::string Tags(const SyntheticSeries::Options& options, uint64_t key) {
  std::string tags;
  if (options.tags > 0) tags = absl::StrCat("route:r", key / kNames);
  for (int i = 1; i < options.tags; ++i) {
    absl::StrAppend(&tags, ",t", i, ":v",
                    SplitMix64(options.seed + static_cast<uint64_t>(i), key) % options.tag_values);
  }
  return tags;
}

}  // namespace

SyntheticSeries::SyntheticSeries(const Options& options) : options_(options) {
  TRIBUTARY_CHECK(options.keys > 0 && !options.types.empty() && options.tag_values > 0 && options.run_length > 0 &&
                  options.set_members > 0);
  series_.reserve(options.keys);
  for (uint64_t key = 0; key < options.keys; ++key) {
    const Kind kind = options.types[key % options.types.size()];
    const uint64_t name = options.tags > 0 ? key % kNames : key;
    // The type is part of a series, and yet two types of one name would be a mistake to find in real traffic.
    series_.push_back(
        {kind, absl::StrCat("load.", Word(kind), ".", static_cast<int>(kind), ".", name), Tags(options, key)});
  }
}

Measurement SyntheticSeries::Sample(uint64_t n) const {
  const Series& series = series_[n / options_.run_length % series_.size()];
  const uint64_t random = SplitMix64(options_.seed, n);
  Measurement m{series.kind, series.name, "1", 1, options_.rate, series.tags};
  if (series.kind == Kind::kSet) {
    m.text = absl::StrCat("user-", random % options_.set_members);
  } else if (series.kind == Kind::kGauge) {
    m.value = static_cast<double>(random % 1000);
    m.text = absl::StrCat(random % 1000);
  } else if (series.kind != Kind::kCounter) {
    const double microseconds = std::round(LatencyMs(random) * 1000);
    m.text = absl::StrFormat("%.3f", microseconds / 1000);
    m.value = microseconds / 1000;
  }
  return m;
}

}  // namespace tributary
