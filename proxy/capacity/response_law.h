#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/types/span.h"
#include "common/stats/mmc_queue.h"
#include "common/stats/usl.h"

namespace tributary {

// How the mean response time of a host grows with its load, as one of two laws has it: M/M/c, or the Universal
// Scalability Law through Little's law (N = load x response, X = load). The one with the smaller squared error is
// taken. For short ways beyond what was measured only; the caller keeps to kSafeReach (common/stats/usl.h). A value.
//
// Refused: a law whose errors are more than a quarter of the response, or which fits none at all: then nothing is known
//          beyond the data.
class ResponseLaw {
 public:
  // `loads` per second, `responses` mean seconds, by load.
  static std::optional<ResponseLaw> Fit(absl::Span<const double> loads, absl::Span<const double> responses);

  // With a capacity that is `z` standard errors larger. Infinite where the load is more than can be served.
  double Response(double load, double z = 0) const;
  double Capacity() const;                                   // the load that is never served
  double capacity_error() const { return capacity_error_; }  // relative
  std::string Name() const;                                  // "M/M/8 at 100 a second", "USL"

 private:
  using Law = std::variant<MmcFit, UslFit>;
  explicit ResponseLaw(const Law& law) : law_(law) {}
  void Judge(absl::Span<const double> loads, absl::Span<const double> responses);

  Law law_;
  double squared_error_ = 0;  // relative, mean
  double capacity_error_ = 0;
};

}  // namespace tributary
