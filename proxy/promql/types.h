#pragma once

#include "absl/status/status.h"
#include "proxy/promql/ast.h"

namespace tributary::promql {

// Sets the type of an expression whose parts have theirs, or says in Prometheus's words why it has none
// (InvalidArgument). Binary operators between sets become many-to-many.
absl::Status SetType(Expression& expression);

}  // namespace tributary::promql
