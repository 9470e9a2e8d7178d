#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/hash/view.h"
#include "tributary/v1/query.pb.h"

namespace tributary {

// What one global said to a question about the windows of a grid. When it did not answer whole, `status` says why and
// there are no series.
struct GridAnswer {
  Member global;
  absl::Status status;
  std::vector<v1::GridSeries> series;
  v1::Summary summary;
};

// What one global lists.
struct LabelsAnswer {
  Member global;
  absl::Status status;
  v1::LabelsResponse response;
};

// Asks all globals the same question at once. Thread-safe.
class FanOut {
 public:
  virtual ~FanOut() = default;
  // One answer per global, in the order of `globals`. Returns soon after `timeout` at the latest; who has not answered
  // by then is DeadlineExceeded.
  virtual std::vector<GridAnswer> SelectGrid(const std::vector<Member>& globals, const v1::GridRequest& request,
                                             absl::Duration timeout) = 0;
  virtual std::vector<LabelsAnswer> ListLabels(const std::vector<Member>& globals, const v1::LabelsRequest& request,
                                               absl::Duration timeout) = 0;
};

}  // namespace tributary
