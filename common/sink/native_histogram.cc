#include "common/sink/native_histogram.h"

#include "common/base/check.h"
#include "prometheus/remote_write.pb.h"

namespace tributary {
namespace {

constexpr int kMinSchema = -4;
constexpr int kMaxSchema = 8;
// A span of its own is two numbers, each empty bucket one.
constexpr size_t kMostEmpty = 2;

using Spans = google::protobuf::RepeatedPtrField<prometheus::BucketSpan>;
using Deltas = google::protobuf::RepeatedField<int64_t>;

// The first bucket from `at` on that is not empty, or the end.
size_t NextCounted(const std::vector<uint64_t>& counts, size_t at) {
  while (at < counts.size() && counts[at] == 0) ++at;
  return at;
}

void WriteBuckets(const ExponentialHistogram::Buckets& buckets, Spans& spans, Deltas& deltas) {
  const std::vector<uint64_t>& counts = buckets.counts;
  int64_t index = 0;  // where the span before ended
  int64_t before = 0;
  for (size_t at = NextCounted(counts, 0); at < counts.size();) {
    const size_t begin = at;
    size_t end = at;
    while (at < counts.size() && at - end <= kMostEmpty) {
      end = at + 1;
      at = NextCounted(counts, end);
    }
    const int64_t first = buckets.offset + static_cast<int64_t>(begin) + 1;  // Prometheus counts from the upper bound
    prometheus::BucketSpan& span = *spans.Add();
    span.set_offset(static_cast<int32_t>(first - index));
    span.set_length(static_cast<uint32_t>(end - begin));
    index = first + static_cast<int64_t>(end - begin);
    for (size_t k = begin; k < end; ++k) {
      deltas.Add(static_cast<int64_t>(counts[k]) - before);
      before = static_cast<int64_t>(counts[k]);
    }
  }
}

}  // namespace

void WriteHistogram(const ExponentialHistogram& histogram, int64_t unix_ms, prometheus::Histogram& out) {
  TRIBUTARY_CHECK(histogram.scale >= kMinSchema && histogram.scale <= kMaxSchema);
  out.set_count_int(histogram.count);
  out.set_sum(histogram.sum);
  out.set_schema(histogram.scale);
  out.set_zero_count_int(histogram.zero_count);
  WriteBuckets(histogram.negative, *out.mutable_negative_spans(), *out.mutable_negative_deltas());
  WriteBuckets(histogram.positive, *out.mutable_positive_spans(), *out.mutable_positive_deltas());
  out.set_reset_hint(histogram.count == 0 ? prometheus::Histogram::YES : prometheus::Histogram::NO);
  out.set_timestamp(unix_ms);
}

}  // namespace tributary
