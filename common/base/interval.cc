#include "common/base/interval.h"

namespace tributary {

IntervalIndex IntervalScale::At(absl::Time time) const {
  const int64_t nanos = absl::ToUnixNanos(time);
  const int64_t length = absl::ToInt64Nanoseconds(length_);
  const int64_t quotient = nanos / length;
  return nanos % length < 0 ? quotient - 1 : quotient;
}

}  // namespace tributary
