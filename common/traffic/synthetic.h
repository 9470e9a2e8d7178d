#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/traffic/fleet.h"

namespace tributary {

// Made-up series for measuring: `keys` of them in turn, so that nothing stays in a cache that traffic would not keep
// there. The n-th sample depends on nothing but (options, n). Thread-safe.
class SyntheticSeries {
 public:
  struct Options {
    uint64_t seed = 1;
    uint64_t keys = 1000;
    // Types of the keys, in turn. REQUIRES: not empty.
    std::vector<Measurement::Kind> types = {Measurement::Kind::kCounter, Measurement::Kind::kTimer,
                                            Measurement::Kind::kSet};
    int tags = 2;              // of each line
    uint64_t tag_values = 10;  // of each tag but the first, which tells the keys of one name apart
    uint64_t run_length = 1;   // samples of a key in a row, which a packer may join to one line
    uint64_t set_members = 5000;
    double rate = 1;  // as sent
  };

  explicit SyntheticSeries(const Options& options);

  // Views point into this.
  Measurement Sample(uint64_t n) const;

 private:
  struct Series {
    Measurement::Kind kind;
    std::string name;
    std::string tags;
  };

  const Options options_;
  std::vector<Series> series_;
};

}  // namespace tributary
