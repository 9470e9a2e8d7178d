#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/traffic/fleet.h"

namespace tributary {

// What was really measured in one interval, kept raw: the oracle that shares no code with the sketches.
// Thread-compatible.
class ExactInterval {
 public:
  void Add(const Measurement& measurement);

  uint64_t samples() const { return samples_; }
  // Sorted values of all timers, histograms and distributions of that name.
  std::vector<double> Values(absl::string_view name) const;
  // Sum of value / rate over all counters of that name, whatever their tags.
  double Total(absl::string_view name) const;
  // Distinct members of all sets of that name.
  uint64_t Distinct(absl::string_view name) const;

 private:
  uint64_t samples_ = 0;
  std::map<std::string, std::vector<double>, std::less<>> values_;
  std::map<std::string, double, std::less<>> totals_;
  std::map<std::string, std::set<std::string>, std::less<>> members_;
};

// The value of rank q among sorted values: the smallest v with at least q * n values <= v. REQUIRES: not empty.
double ExactQuantile(const std::vector<double>& sorted, double q);

// How far `estimate` is from rank q, as a share of n: 0 when q * n lies between the number of values below the estimate
// and the number not above it, so that no convention of interpolation is favoured. Values within 1.2e-7 of the
// estimate, relatively, count as equal to it.
double RankError(const std::vector<double>& sorted, double q, double estimate);

}  // namespace tributary
