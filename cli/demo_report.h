#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/demo_cluster.h"
#include "common/base/interval.h"
#include "common/traffic/exact.h"

namespace tributary {

// What the cluster said of one interval, or of several together, beside what was measured.
struct DemoFindings {
  std::vector<double> exact;     // by quantile
  std::vector<double> answered;  // by quantile; empty when the query failed
  double max_rank_error = 1;     // share of the samples
  double counters_off = 0;       // largest difference of a counter
  double set_error = 0;          // relative
  bool complete = false;         // every sample of the interval arrived in time
  bool cut_short = false;        // too few samples for a rank to mean much: its error is told, not judged
};

// Prints a line per interval, keeps what the verdict needs, and gives it. Thread-compatible.
class DemoReport {
 public:
  // The bars of the verdict.
  static constexpr double kMaxRankError = 0.001;  // 0.1 points
  static constexpr double kMaxSetError = 0.035;

  DemoReport(std::FILE* out, IntervalScale scale, std::vector<double> quantiles);

  const std::vector<double>& quantiles() const { return quantiles_; }
  // Largest rank error of `answered` against the sorted raw values.
  double MaxRankError(const std::vector<double>& sorted, const std::vector<double>& answered) const;

  void PrintHeader();
  void AddInterval(IntervalIndex interval, uint64_t samples, const DemoFindings& findings);
  void AddRun(const DemoFindings& findings);
  void AddBooks(const AgentBooks& books, uint64_t sent, uint64_t lines_lost);
  void AddFailure(std::string what) { failures_.push_back(std::move(what)); }

  // Prints the verdict; true when it is OK.
  bool PrintVerdict();

 private:
  void Judge(const std::string& of, const DemoFindings& findings);
  void PrintLine(const std::string& label, const std::string& samples_per_second, const DemoFindings& findings);

  std::FILE* const out_;
  const IntervalScale scale_;
  const std::vector<double> quantiles_;
  int intervals_ = 0;
  uint64_t samples_ = 0;
  double worst_rank_error_ = 0;
  double worst_set_error_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace tributary
