#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proxy/capacity/demand.h"
#include "proxy/capacity/resource_spec.h"
#include "proxy/capacity/utilization_line.h"
#include "proxy/promql/value.h"

namespace tributary {

// What was seen of one resource of one host, pod or zone in the window.
struct ResourceUse {
  std::string entity;
  std::string instance;  // of several of the entity
  const ResourceSpec* spec = nullptr;
  promql::DistributionPtr distribution;  // of all looks in the window; null: `values` are what is known
  std::vector<double> values;            // mean utilisation by step; NaN: not known
  std::vector<double> loads;             // of the entity in the same steps, if known
  std::string service;                   // whose load that is
  std::optional<double> now;             // in the newest interval
  HourlySeries hourly;                   // mean utilisation
};

struct HeadroomQuestion {
  double quantile = 0.95;
  std::optional<double> target;  // in place of the resources' limits
  size_t top = 20;
};

struct HeadroomRow {
  std::string entity;
  std::string resource;
  std::string instance;
  std::string service;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  double now = 0;  // NaN: no row in the newest intervals
  double limit = 0;
  double headroom = 0;                  // share of the limit that is left; below 0: over it
  std::optional<double> multiplier;     // of the load at its peak, to the limit; nothing: load does not move it
  bool bottleneck = false;              // the entity's first to reach its limit
  std::optional<double> days_to_limit;  // 0: reached; nothing: not within 60 days, or not known
  double r_squared = 0;                 // of utilisation by load; NaN: no load known, or it hardly varies
  double samples = 0;
  double coverage = 0;     // share of the window's steps that have a value
  size_t days = 0;         // with a peak to compare with
  std::string confidence;  // high, medium, low
};

struct HeadroomReport {
  std::vector<HeadroomRow> rows;  // the nearest to its limit first; at most `top`
  size_t entities = 0;
  size_t left_out = 0;                     // rows beyond `top`
  std::optional<double> fleet_multiplier;  // the smallest
  std::optional<double> imbalance;         // of the busiest entity's load by the mean
  std::string summary;
};

// Ranks resources by how far load may grow until one is at its limit: (limit - idle) / (peak - idle), where the peak is
// the larger of the quantile over the window and what is used now, and idle is the utilisation without load (docs/
// capacity.md). Of what fills with time: by the limit over what is used. Pure.
HeadroomReport RankHeadroom(const std::vector<ResourceUse>& uses, const std::vector<double>& entity_loads,
                            const HeadroomQuestion& question);

}  // namespace tributary
