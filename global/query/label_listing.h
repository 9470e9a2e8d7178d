#pragma once

#include "absl/status/status.h"
#include "global/store/row_reader.h"
#include "tributary/v1/query.pb.h"

namespace tributary {

// Answers a LabelsRequest: texts sorted, none twice, at most kMaxListed or as many as the request says; series by
// labels. InvalidArgument for what the request says.
inline constexpr size_t kMaxListed = 100'000;
absl::Status ListLabels(const RowReader& reader, const v1::LabelsRequest& request, v1::LabelsResponse& response);

}  // namespace tributary
