#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "proxy/promql/ast.h"
#include "proxy/promql/engine.h"
#include "proxy/promql/functions.h"
#include "proxy/promql/notes.h"
#include "proxy/promql/query_context.h"
#include "proxy/promql/sample_source.h"

namespace tributary::promql {

// What one query has while it is evaluated, shared by its subqueries.
struct Evaluation {
  absl::string_view text;
  Grid asked;  // start() and end()
  const Engine::Options& options;
  SampleSource& source;
  QueryContext& context;
  Notes& notes;
};

// What a node is over the grid: one field holds it.
struct Evaluated {
  std::vector<Series> series;   // a vector; points lie on the grid, labels differ
  std::vector<double> scalars;  // one per time of the grid
  std::string text;
};

// The points that windows are cut from. Without stale markers, by time.
struct Windows {
  struct Input {
    Labels labels;
    std::vector<Point> points;
    bool folded = false;  // points lie on `ends`, and are results already
  };
  std::vector<Input> inputs;
  Grid ends;  // of one time when it is fixed by @
  int64_t range_ms = 0;
};

// Walks a tree over one grid, one node at a time, and keeps the books of the points it holds. Thread-compatible.
class Evaluator {
 public:
  Evaluator(const Evaluation& evaluation, const Grid& grid) : evaluation_(evaluation), grid_(grid) {}
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Of a scalar, string or vector. `grouping` is the sum right above, if one is.
  absl::StatusOr<Evaluated> Evaluate(const Expression& expression, const Grouping* grouping = nullptr);
  // Of a range vector; `function` says what will be made of the windows.
  absl::StatusOr<Windows> Select(const Expression& expression, Fold fold, const Grouping* grouping = nullptr);

 private:
  // evaluator.cc
  absl::StatusOr<Evaluated> Visit(const Expression& expression, const Grouping* grouping);
  absl::StatusOr<Evaluated> EvaluateAggregation(const Aggregation& aggregation, const std::string& position);
  absl::StatusOr<Evaluated> EvaluateBinary(const Binary& binary, const std::string& position);
  absl::StatusOr<Evaluated> EvaluateNegation(const Negation& negation);
  std::string PositionOf(const Expression& expression) const;
  absl::Status Hold(int64_t weight);

  // evaluator_select.cc
  absl::StatusOr<Evaluated> EvaluateSelector(const Selector& selector, Fold fold, const Grouping* grouping);
  absl::StatusOr<Selected> Ask(const Selection& selection);
  absl::StatusOr<Windows> SelectRange(const Selector& selector, Fold fold, const Grouping* grouping);
  absl::StatusOr<Windows> SelectSubquery(const Subquery& subquery);
  // The grid as `offset` and `@` move it; one time when that is fixed.
  Grid Shifted(const TimeShift& shift) const;

  // evaluator_call.cc
  absl::StatusOr<Evaluated> EvaluateCall(const FunctionCall& call, const std::string& position,
                                         const Grouping* grouping);
  absl::StatusOr<Evaluated> EvaluateOverWindows(const FunctionCall& call, const std::string& position,
                                                const Grouping* grouping);
  absl::StatusOr<Evaluated> EvaluateOverPoints(const FunctionCall& call, const std::string& position);
  absl::StatusOr<Evaluated> EvaluateOverGrid(const FunctionCall& call, const std::string& position);
  absl::StatusOr<Argument> EvaluateArgument(const Expression& expression, absl::string_view position);
  // The scalar arguments, in order.
  absl::StatusOr<std::vector<std::vector<double>>> EvaluateScalars(const FunctionCall& call);

  const Evaluation& evaluation_;
  const Grid grid_;
  int64_t held_ = 0;  // weight of points, counted in the context
};

}  // namespace tributary::promql
