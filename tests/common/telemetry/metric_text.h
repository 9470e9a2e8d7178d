#pragma once

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace tributary {

// Reads Prometheus text format 0.0.4, strictly and without labels being taken apart: value by "name{labels}". A line
// that is neither a comment nor a sample, and a sample that comes twice, fail the test.
inline std::map<std::string, double> ReadMetricText(const std::string& text) {
  static const std::regex comment(R"(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*)");
  static const std::regex sample(
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*")*\})?) (\S+))re");
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (std::regex_match(line, comment)) continue;
    if (!std::regex_match(line, parts, sample)) {
      ADD_FAILURE() << "not a line of the format: " << line;
      continue;
    }
    EXPECT_TRUE(samples.emplace(parts[1], std::stod(parts[6])).second) << "twice: " << line;
  }
  return samples;
}

}  // namespace tributary
