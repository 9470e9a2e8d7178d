#pragma once

namespace tributary {

// One look at the machine.
struct HostTick {
  double elapsed = 0;  // seconds since the look before; 0: the first
  // The first look in an interval: then what is dear or slow to change is looked at too.
  bool in_new_interval = false;
  double interval_elapsed = 0;  // seconds since the last of those; 0: the first
};

}  // namespace tributary
