#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "global/store/label_condition.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "tributary/v1/query.pb.h"

namespace tributary {

// The matchers of a request, compiled. InvalidArgument: too many, or one that is bad.
inline constexpr int kMaxMatchers = 32;
absl::StatusOr<std::vector<LabelCondition>> ConditionsOf(
    const google::protobuf::RepeatedPtrField<v1::Matcher>& matchers);

}  // namespace tributary
