#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "proxy/capacity/demand.h"
#include "proxy/capacity/latency_curve.h"
#include "proxy/capacity/utilization_line.h"

namespace tributary {

// One resource of one host.
struct HostResource {
  std::string resource;
  std::string host;
  std::string instance;  // of several on the host; empty where there is one
  double limit = 0.8;
  double now = 0;
  bool grows_with_load = true;
  UtilizationLine line;  // by load of the host
};

// What is known of a service, read from its history (service_reader.h). Loads are requests a second. A value.
struct ServiceModel {
  std::string service = {};
  std::vector<std::string> hosts;
  std::vector<double> shares;  // of the service's load, by host: sums to 1
  std::vector<HostResource> resources;
  std::optional<LatencyCurve> latency;
  double highest_load = 0;  // that one host was ever seen to have
  HourlySeries history;     // of the whole service; hours that were no everyday traffic are not known
  double burst = 1;         // a busy minute of an hour, by the hour's mean

  size_t IndexOf(const std::string& host) const;  // hosts.size() if it is none
  double LargestShare() const;
};

// A service that gets load from another. A value.
struct Dependency {
  ServiceModel model;
  double elasticity = 0;  // requests here for one more there
  double low = 0;         // its 90 % interval
  double high = 0;
};

}  // namespace tributary
