#pragma once

#include <vector>

#include "proxy/promql/functions.h"

namespace tributary::promql {

// The rows of the table of functions, by subject; each in functions_<subject>.cc.
std::vector<Function> MathFunctions();       // of one float
std::vector<Function> RateFunctions();       // how a series grew over a window
std::vector<Function> OverTimeFunctions();   // aggregates of one series over a window
std::vector<Function> TrendFunctions();      // lines and smoothing through a window
std::vector<Function> HistogramFunctions();  // of distributions and of classic buckets
std::vector<Function> LabelFunctions();      // of labels and of order
std::vector<Function> TimeFunctions();       // of time, and between scalars and vectors

}  // namespace tributary::promql
