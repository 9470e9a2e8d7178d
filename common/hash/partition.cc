#include "common/hash/partition.h"

namespace tributary {

uint64_t ClusterSeed(absl::string_view cluster_name) { return Xxh3Hash64(cluster_name, 0); }

}  // namespace tributary
