#pragma once

#include <string>

#include "nlohmann/json.hpp"

namespace tributary {

// What goes into a report: answers of a proxy's capacity endpoints; null where a part was not asked for or could not be
// answered, and then why.
struct ReportParts {
  std::string title;
  std::string made_at;
  nlohmann::json headroom;
  nlohmann::json forecast;
  nlohmann::json launch;
  std::string headroom_error;
  std::string forecast_error;
  std::string launch_error;
};

// One HTML file that needs nothing else: charts are SVG within it, no script, nothing is loaded. Everything that comes
// from a cluster is escaped. Throws as nlohmann::json does where an answer is not as expected.
std::string ReportHtml(const ReportParts& parts);

}  // namespace tributary
