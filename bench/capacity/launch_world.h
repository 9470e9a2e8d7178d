#pragma once

#include <cstdint>

#include "proxy/capacity/launch.h"

namespace tributary {

// A made-up service whose truth is known: hosts are M/M/c queues, demand has days, weeks, a trend and noise. What a
// proxy would know of it is a model; what really comes of a launch is worked out from the truth, not from that model.
struct LaunchCase {
  ServiceModel model;       // four weeks of demand, a day of steps by host, perhaps a load test
  LaunchQuestion question;  // tomorrow, near what can be served
  bool well = false;  // no host over its limit, and the fleet's p99 within the goal, in the busiest hour that came
};

// The same seed gives the same case.
LaunchCase MakeLaunchCase(uint64_t seed);

}  // namespace tributary
