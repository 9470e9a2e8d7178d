#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "common/sketch/tdigest.h"
#include "common/sketch/tdigest_merger.h"

namespace tributary {
namespace {

// Whatever is accepted is a digest: it ascends, answers, merges, and can be written and read again.
void CheckInvariants(const TDigest& digest) {
  double before = digest.min();
  for (const Centroid& centroid : digest.Centroids()) {
    TRIBUTARY_CHECK(centroid.mean >= before && centroid.mean <= digest.max() && centroid.weight > 0);
    before = centroid.mean;
  }
  for (const double q : {0.0, 0.1, 0.5, 0.99, 1.0}) {
    const double value = digest.Quantile(q);
    TRIBUTARY_CHECK(value >= digest.min() && value <= digest.max());
    const double share = digest.Cdf(value);
    TRIBUTARY_CHECK(share >= 0 && share <= 1);
  }
}

void Run(absl::string_view bytes) {
  const absl::StatusOr<TDigest> digest = TDigest::Decode(bytes);
  if (!digest.ok() || digest->empty()) return;
  CheckInvariants(*digest);
  std::string again;
  digest->Encode(again);
  TRIBUTARY_CHECK(TDigest::Decode(again).ok());
  TDigestMerger merger;
  merger.Add(*digest, 1);
  merger.Add(*digest, 2);
  CheckInvariants(merger.Finish(100));
}

}  // namespace
}  // namespace tributary

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tributary::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
