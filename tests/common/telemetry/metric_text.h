#pragma once

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

#include "re2/re2.h"

namespace tributary {

// Reads Prometheus text format 0.0.4, strictly and without labels being taken apart: value by "name{labels}". A line
// that is neither a comment nor a sample, and a sample that comes twice, fail the test.
inline std::map<std::string, double> ReadMetricText(const std::string& text) {
  static const re2::RE2 comment(R"(# (?:HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .*)");
  const std::string label = R"re([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*")re";
  static const re2::RE2 sample(R"(([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{)" + label + "(?:," + label + R"()*\})?) (\S+))");
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string series, value;
    if (re2::RE2::FullMatch(line, comment)) continue;
    if (!re2::RE2::FullMatch(line, sample, &series, &value)) {
      ADD_FAILURE() << "not a line of the format: " << line;
      continue;
    }
    EXPECT_TRUE(samples.emplace(series, std::stod(value)).second) << "twice: " << line;
  }
  return samples;
}

}  // namespace tributary
