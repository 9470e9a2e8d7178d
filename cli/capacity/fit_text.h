#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "nlohmann/json.hpp"

namespace tributary {

// What a fit or a forecast came to, to be shown as a table or as JSON. A value.
struct Findings {
  nlohmann::ordered_json json;
  Table table;
  std::vector<std::string> remarks;  // one sentence each, below the table
};

// `output` is table, json or csv.
std::string TextOf(const Findings& findings, const std::string& output);

// Numbers with nine significant digits; "" for NaN.
std::string NumberText(double value);

}  // namespace tributary
