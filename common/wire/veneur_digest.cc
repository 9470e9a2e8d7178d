#include "common/wire/veneur_digest.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "veneur/tdigest.pb.h"

namespace tributary {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

void AddCentroid(tdigest::MergingDigestData& data, double mean, double weight) {
  if (!(weight > 0)) return;
  tdigest::Centroid& centroid = *data.add_main_centroids();
  centroid.set_mean(mean);
  centroid.set_weight(weight);
}

}  // namespace

std::string EncodeVeneurDigest(const TDigest& digest, double reciprocal_sum) {
  tdigest::MergingDigestData data;
  data.set_compression(digest.compression());
  data.set_reciprocalsum(reciprocal_sum);
  if (!digest.empty()) {
    data.set_min(digest.min());
    data.set_max(digest.max());
    std::vector<Centroid> centroids = digest.Centroids();
    const double at_min = std::min(1.0, centroids.front().weight);
    centroids.front().weight -= at_min;
    const double at_max = std::min(1.0, centroids.back().weight);
    centroids.back().weight -= at_max;
    AddCentroid(data, digest.min(), at_min);
    for (const Centroid& centroid : centroids) AddCentroid(data, centroid.mean, centroid.weight);
    AddCentroid(data, digest.max(), at_max);
  }
  return data.SerializeAsString();
}

absl::StatusOr<VeneurDigest> DecodeVeneurDigest(absl::string_view bytes) {
  tdigest::MergingDigestData data;
  if (bytes.size() > kMaxBytes) return absl::InvalidArgumentError("veneur digest: more than 1 MiB");
  if (!data.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("veneur digest: malformed");
  }
  if (!std::isfinite(data.reciprocalsum())) {
    return absl::InvalidArgumentError("veneur digest: reciprocal sum is not finite");
  }
  std::vector<Centroid> centroids;
  centroids.reserve(data.main_centroids_size());
  for (const tdigest::Centroid& given : data.main_centroids()) {
    centroids.push_back({.mean = given.mean(), .weight = given.weight(), .atom = given.weight() == 1});
  }
  absl::StatusOr<TDigest> digest = TDigest::FromCentroids(centroids, data.min(), data.max(), data.compression());
  if (!digest.ok()) return digest.status();
  return VeneurDigest{.digest = *std::move(digest), .reciprocal_sum = data.reciprocalsum()};
}

}  // namespace tributary
