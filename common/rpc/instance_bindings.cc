#include "common/rpc/instance_bindings.h"

namespace tributary {

bool InstanceBindings::IsOfAnother(absl::string_view instance, absl::string_view uri) const {
  const auto bound = uris_.find(instance);
  return bound != uris_.end() && bound->second != uri;
}

bool InstanceBindings::Admit(absl::string_view instance, absl::string_view uri) {
  const auto bound = uris_.find(instance);
  if (bound != uris_.end()) return bound->second == uri;
  if (!instances_.contains(uri) && instances_.size() >= kMaxCertificates) return true;
  std::deque<std::string>& instances = instances_[uri];
  if (instances.size() >= kMaxInstances) {
    uris_.erase(instances.front());
    instances.pop_front();
  }
  instances.emplace_back(instance);
  uris_.try_emplace(std::string(instance), std::string(uri));
  return true;
}

}  // namespace tributary
