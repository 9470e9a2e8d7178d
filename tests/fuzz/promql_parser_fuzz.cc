#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/check.h"
#include "proxy/promql/parser.h"

// Any bytes are a query or are refused; what is a query survives its own canonical text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tributary::promql::Parse;
  const auto expression = Parse(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!expression.ok()) return 0;
  const std::string canonical = ToString(**expression);
  if (canonical.size() > tributary::promql::kMaxQueryBytes) return 0;
  const auto again = Parse(canonical);
  TRIBUTARY_CHECK(again.ok() && ToString(**again) == canonical);
  return 0;
}
