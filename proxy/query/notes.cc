#include "proxy/query/notes.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/metric/metric_type.h"
#include "common/sink/prometheus_name.h"
#include "proxy/promql/prom_duration.h"

namespace tributary {
namespace {

// Rounded down: 99.96 % is not the whole.
std::string Percent(double share) { return absl::StrFormat("%g%%", std::floor(share * 1000) / 10); }

std::string ResolutionsOf(const MergedAnswer& answer) {
  return absl::StrJoin(answer.resolutions(), " and ", [](std::string* out, absl::Duration resolution) {
    out->append(FormatPromDuration(resolution));
  });
}

bool HasLabel(const MergedAnswer& answer, absl::string_view asked) {
  const std::string label = PrometheusLabelName(asked);
  return std::any_of(answer.distributions().begin(), answer.distributions().end(),
                     [&](const auto& group) { return group.first.count(label) > 0; });
}

}  // namespace

std::string Describe(const MergedAnswer::Missing& missing) {
  const std::string reason = missing.status.message().empty() ? absl::StatusCodeToString(missing.status.code())
                                                              : std::string(missing.status.message());
  return absl::StrCat(missing.global.id, " (", missing.global.address, "): ", reason);
}

std::vector<std::string> Infos(const MergedAnswer& answer) {
  std::vector<std::string> infos;
  if (answer.rows() > 0) {
    infos.push_back(absl::StrCat("merged ", answer.rows(), " sketches of ", answer.series(), " series, resolution ",
                                 ResolutionsOf(answer), ", partial rows ", answer.partial_rows(),
                                 ", smallest coverage ", Percent(answer.min_coverage())));
  } else {
    infos.push_back(absl::StrCat("no rows in the window; ", answer.series(), " series match"));
  }
  infos.push_back(absl::StrCat("globals ", answer.answered(), "/", answer.answered() + answer.missing().size(),
                               ", committed through ",
                               absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", answer.sealed_through(), absl::UTCTimeZone())));
  return infos;
}

std::vector<std::string> Warnings(const MergedAnswer& answer, const QuantileExpression& expression) {
  std::vector<std::string> warnings;
  for (const MergedAnswer::Missing& missing : answer.missing()) {
    warnings.push_back(absl::StrCat("no answer from global ", Describe(missing), "; what it holds is missing here"));
  }
  if (answer.partial_rows() > 0) {
    warnings.push_back(
        absl::StrCat(answer.partial_rows(), " of ", answer.rows(),
                     " rows are partial: these percentiles come from part of the fleet, in some interval "
                     "from ",
                     Percent(answer.min_coverage()), " of it"));
  }
  for (const MetricType type : answer.other_types()) {
    warnings.push_back(absl::StrCat("series of type ", MetricTypeName(type), " have the same name and were left out"));
  }
  if (expression.grouping.without || answer.distributions().empty()) return warnings;
  for (const std::string& label : expression.grouping.labels) {
    if (!HasLabel(answer, label)) warnings.push_back(absl::StrCat("no series has the label \"", label, "\""));
  }
  return warnings;
}

}  // namespace tributary
