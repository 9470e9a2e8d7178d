#include "proxy/capacity/launch_part.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/stats/sample.h"

namespace tributary {

double LaunchPart::Replicated() const {
  const double hosts = static_cast<double>(model->hosts.size());
  return hosts / (hosts + static_cast<double>(added_replicas));
}

double LaunchPart::LaunchLoad(double q) const { return QuantileOf(launch, q) * Replicated(); }

double LaunchPart::HostLoad(double q) const { return LaunchLoad(q) * largest_share; }

absl::StatusOr<LaunchPart> ForecastPart(const ServiceModel& model, const Dependency* dependency,
                                        const LaunchQuestion& question) {
  LaunchPart part{.model = &model, .dependency = dependency};
  if (dependency == nullptr) part.added_replicas = question.added_replicas;
  absl::StatusOr<HourlyForecast> forecast = ForecastHours(model.history, question.at + question.length, kSure);
  if (!forecast.ok()) {
    return absl::Status(forecast.status().code(),
                        absl::StrCat("of the demand of ", model.service, ": ", forecast.status().message()));
  }
  part.forecast = *std::move(forecast);
  if (question.at < part.forecast.start) {
    return absl::InvalidArgumentError(
        absl::StrCat("the launch must begin after what is stored ends, ", MinuteText(part.forecast.start)));
  }
  part.groups = GroupsOf(model.shares);
  part.largest_share = model.LargestShare();
  return part;
}

}  // namespace tributary
