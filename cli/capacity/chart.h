#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tributary {

// A history and a forecast with its interval, as characters. A value.
struct Chart {
  std::vector<double> history;  // NaN: not known
  std::vector<double> low;      // what follows; of one length
  std::vector<double> middle;
  std::vector<double> high;
  double limit = 0;  // a line across; 0: none
};

// `width` x `height` characters with a scale at the left: `*` history, `o` forecast, `:` its interval, `=` the limit,
// if it is within twice the highest value. Of several values in a column of history the mean is shown, of an interval
// the widest.
std::string ChartText(const Chart& chart, size_t width, size_t height);

}  // namespace tributary
