#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "proxy/promql/engine.h"
#include "proxy/promql/memory_source.h"
#include "tests/promql/test_file.h"

namespace tributary::promql {

// Runs test files against the engine, over series in memory; each file begins without series. What is asked of an
// instant is asked again as the first of three times of a range, and must have the same answer there.
// Thread-compatible.
class TestRunner {
 public:
  TestRunner() : engine_(source_) {}

  void Run(absl::string_view name, absl::string_view text);

  int passed() const { return passed_; }
  int failed() const { return static_cast<int>(failures_.size()); }
  const std::vector<std::string>& failures() const { return failures_; }  // "name:line: query: what is wrong"

 private:
  void Load(const LoadCommand& load);
  // "" when all is as expected.
  std::string Check(const EvalCommand& eval);
  std::string CheckInRange(const EvalCommand& eval);

  const SystemClock clock_;
  MemorySource source_;
  Engine engine_;
  int passed_ = 0;
  std::vector<std::string> failures_;
};

// What is wrong with an answer, or "". Numbers may differ by 1e-6, relative.
std::string Difference(const EvalCommand& expected, const Answer& answer);

}  // namespace tributary::promql
