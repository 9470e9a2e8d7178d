#include "proxy/capacity/resource_spec.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tributary {
namespace {

constexpr size_t kMaxResources = 32;
constexpr size_t kMaxTags = 4;

ResourceSpec Share(std::string name, std::string metric, double limit, std::vector<std::string> by = {}) {
  ResourceSpec spec;
  spec.name = std::move(name);
  spec.utilization = std::move(metric);
  spec.limit = limit;
  spec.by = std::move(by);
  return spec;
}

ResourceSpec FillsUp(ResourceSpec spec) {
  spec.grows = ResourceSpec::Grows::kWithTime;
  return spec;
}

ResourceSpec ReadResource(ConfigNode node) {
  ResourceSpec spec;
  node.Require("name");
  node.Read("name", spec.name);
  node.Read("utilization", spec.utilization);
  node.Read("used", spec.used);
  node.Read("capacity", spec.capacity);
  node.Read("limit", spec.limit, {.min = 0.01, .max = 1});
  node.ReadEnum("grows", spec.grows,
                {{"load", ResourceSpec::Grows::kWithLoad}, {"time", ResourceSpec::Grows::kWithTime}});
  node.Read("by", spec.by);
  node.Check(spec.by.size() <= kMaxTags, "by", "has more than four tags");
  node.Check(spec.utilization.empty() == !spec.used.empty(), "utilization", "give either this, or used and capacity");
  node.Check(spec.used.empty() == spec.capacity.empty(), "used", "goes with capacity");
  return spec;
}

}  // namespace

std::string ResourceText(const std::string& resource, const std::string& instance) {
  return instance.empty() ? resource : absl::StrCat(resource, " ", instance);
}

std::vector<ResourceSpec> DefaultResources() {
  return {
      Share("cpu", "system.cpu.utilization", 0.8),
      Share("container cpu", "container.cpu.utilization", 0.8),
      Share("memory", "system.memory.utilization", 0.9),
      Share("container memory", "container.memory.utilization", 0.9),
      Share("network", "system.network.bandwidth.utilization", 0.8, {"network.interface.name", "network.io.direction"}),
      Share("conntrack", "system.network.conntrack.utilization", 0.8),
      Share("file handles", "system.linux.file_handle.utilization", 0.8),
      FillsUp(Share("disk space", "system.filesystem.utilization", 0.9, {"system.filesystem.mountpoint"})),
      FillsUp(Share("inodes", "system.filesystem.inodes.utilization", 0.9, {"system.filesystem.mountpoint"})),
  };
}

std::vector<ResourceSpec> ReadResources(ConfigNode root) {
  std::vector<ResourceSpec> resources;
  std::set<std::string> names;
  root.List("resources", [&](ConfigNode node) {
    resources.push_back(ReadResource(node));
    node.Check(names.insert(resources.back().name).second, "name", "is taken by another resource");
    node.Check(resources.size() <= kMaxResources, "name", "is one too many: 32 resources at most");
  });
  return root.Has("resources") ? resources : DefaultResources();
}

}  // namespace tributary
