#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tributary {

struct PlotLine {
  std::string name;
  std::vector<std::pair<double, double>> points;  // ascending x; both more than 0
};

struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<PlotLine> lines;
};

// A self-contained SVG with both axes logarithmic, a grid line per decade.
std::string RenderSvg(const Plot& plot);

}  // namespace tributary
