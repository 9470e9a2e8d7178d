#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/sketch/tdigest.h"

namespace tributary {

// A digest in the bytes of Veneur 14, for those who run both side by side. That form has no place for the exact count
// and sum, nor for what is an atom.
//
// Source: stripe/veneur, tdigest/tdigest.proto.

// Its receiver forgets min and max when it merges, so the first and the last centroid have weight 1 and lie at them.
std::string EncodeVeneurDigest(const TDigest& digest, double reciprocal_sum);

struct VeneurDigest {
  TDigest digest;
  double reciprocal_sum = 0;
};

// Centroids of weight 1 are taken for single samples. Fails on what is not such a message, is longer than 1 MiB, has
// centroids that TDigest::FromCentroids refuses, or a reciprocal sum that is not finite.
absl::StatusOr<VeneurDigest> DecodeVeneurDigest(absl::string_view bytes);

}  // namespace tributary
