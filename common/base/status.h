#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace tributary {

// Puts what was being done in front of what went wrong; OK stays OK.
inline absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

}  // namespace tributary

#define TRIBUTARY_RETURN_IF_ERROR(expression)                                                          \
  do {                                                                                                 \
    if (absl::Status tributary_status = (expression); !tributary_status.ok()) return tributary_status; \
  } while (false)

#define TRIBUTARY_CONCAT_INNER(a, b) a##b
#define TRIBUTARY_CONCAT(a, b) TRIBUTARY_CONCAT_INNER(a, b)
// TRIBUTARY_ASSIGN_OR_RETURN(Type name, StatusOrExpression);
#define TRIBUTARY_ASSIGN_OR_RETURN(declaration, expression) \
  TRIBUTARY_ASSIGN_OR_RETURN_INNER(TRIBUTARY_CONCAT(tributary_or_, __LINE__), declaration, expression)
#define TRIBUTARY_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                             \
  if (!temporary.ok()) return temporary.status();                            \
  declaration = *std::move(temporary)
