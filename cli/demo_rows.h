#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/interval.h"

namespace tributary {

// What the cluster has given to its JSON lines sinks, read while the files grow. A row that is there twice (a sink is
// fed at least once) counts once. Thread-compatible.
class DemoRows {
 public:
  DemoRows(std::vector<std::string> paths, IntervalScale scale);

  // Reads what is new. A file that is not there yet is empty; a line that is not a row is an error that names it.
  absl::Status Read();

  // Over all series of that name in that interval, late rows included.
  double Total(absl::string_view name, IntervalIndex interval) const;     // counters
  double Count(absl::string_view name, IntervalIndex interval) const;     // distributions
  double Estimate(absl::string_view name, IntervalIndex interval) const;  // sets: of the one series, or the sum
  uint64_t partial_rows() const { return partial_rows_; }

 private:
  struct File {
    std::string path;
    int64_t offset = 0;
  };
  struct Row {
    double value = 0;     // of a counter
    double count = 0;     // of a distribution
    double estimate = 0;  // of a set
    bool partial = false;
  };
  // (name, interval), then the rest of a row's identity.
  using Series = std::tuple<std::string, std::string, uint32_t>;  // tags, type, version

  absl::Status ReadFile(File& file);
  absl::Status AddLine(absl::string_view line);
  template <class Field>
  double Sum(absl::string_view name, IntervalIndex interval, Field field) const;

  const IntervalScale scale_;
  std::vector<File> files_;
  std::map<std::pair<std::string, IntervalIndex>, std::map<Series, Row>> rows_;
  uint64_t partial_rows_ = 0;
};

}  // namespace tributary
