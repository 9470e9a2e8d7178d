#include "proxy/promql/query_context.h"

#include "absl/strings/str_cat.h"

namespace tributary::promql {

absl::Status QueryContext::Check() const {
  if (cancelled_.load(std::memory_order_relaxed)) return absl::CancelledError("query was canceled");
  if (clock_.Now() >= deadline_) {
    return absl::DeadlineExceededError("query timed out; ask for less, or for more time with timeout=");
  }
  return absl::OkStatus();
}

absl::Status QueryContext::Add(std::atomic<int64_t>& total, int64_t count, int64_t limit, absl::string_view things,
                               absl::string_view name) {
  if (total.fetch_add(count, std::memory_order_relaxed) + count <= limit) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("query takes more than ", limit, " ", things, " (", name,
                                                   "); narrow its selectors, its time or its step"));
}

}  // namespace tributary::promql
