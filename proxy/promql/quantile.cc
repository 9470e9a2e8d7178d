#include "proxy/promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "proxy/promql/value.h"

namespace tributary::promql {

double Quantile(double phi, std::vector<double> values) {
  if (values.empty() || std::isnan(phi)) return std::numeric_limits<double>::quiet_NaN();
  if (phi < 0) return -std::numeric_limits<double>::infinity();
  if (phi > 1) return std::numeric_limits<double>::infinity();
  std::sort(values.begin(), values.end(),
            [](double a, double b) { return a < b || (std::isnan(a) && !std::isnan(b)); });
  const double rank = phi * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<size_t>(rank);
  const size_t upper = std::min(lower + 1, values.size() - 1);
  const double weight = rank - std::floor(rank);
  return values[lower] * (1 - weight) + values[upper] * weight;
}

std::string QuantileWarning(double phi, absl::string_view position) {
  if (phi >= 0 && phi <= 1) return "";
  return absl::StrCat("PromQL warning: quantile value should be between 0 and 1, got ", FormatValue(phi), position);
}

}  // namespace tributary::promql
