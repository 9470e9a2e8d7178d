#include "proxy/capacity/service_model.h"

#include <algorithm>

namespace tributary {

size_t ServiceModel::IndexOf(const std::string& host) const {
  return static_cast<size_t>(std::find(hosts.begin(), hosts.end(), host) - hosts.begin());
}

double ServiceModel::LargestShare() const {
  double largest = 0;
  for (const double share : shares) largest = std::max(largest, share);
  return largest;
}

}  // namespace tributary
