#include <cstddef>
#include <cstdint>

#include "common/base/check.h"
#include "proxy/query/parser.h"

// Any bytes are an expression or are refused; what is an expression survives its own canonical text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto expression = tributary::ParseExpression(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!expression.ok()) return 0;
  const auto again = tributary::ParseExpression(tributary::ToString(*expression));
  TRIBUTARY_CHECK(again.ok() && *again == *expression);
  return 0;
}
