#include "proxy/capacity/headroom.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/stats/line_fit.h"
#include "common/stats/sample.h"

namespace tributary {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kOneInTen = 0.8;  // an interval whose upper end is passed once in ten times
constexpr int kFarDays = 60;
constexpr absl::Duration kReach = absl::Hours(24 * kFarDays);

std::vector<double> Known(const std::vector<double>& values) {
  std::vector<double> known;
  for (const double value : values) {
    if (std::isfinite(value)) known.push_back(value);
  }
  return known;
}

double QuantileOfUse(const ResourceUse& use, double q) {
  if (use.distribution != nullptr) return use.distribution->Quantile(q);
  std::vector<double> known = Known(use.values);
  return known.empty() ? kNaN : QuantileOf(std::move(known), q);
}

// Days until the P90 path is at the limit.
std::optional<double> DaysOf(const ResourceUse& use, double peak, double limit) {
  if (peak >= limit) return 0;
  if (use.spec->grows == ResourceSpec::Grows::kWithTime) {
    std::vector<double> days, levels;
    for (size_t i = 0; i < use.hourly.values.size(); ++i) {
      if (!std::isfinite(use.hourly.values[i])) continue;
      days.push_back(static_cast<double>(i) / 24);
      levels.push_back(use.hourly.values[i]);
    }
    if (days.size() < 12) return std::nullopt;
    const auto line = FitTheilSen(days, levels, kOneInTen);
    if (!line.ok() || !(line->slope_high > 0)) return std::nullopt;
    const double left = (limit - levels.back()) / line->slope_high;
    return left <= kFarDays ? std::optional(std::max(0.0, left)) : std::nullopt;
  }
  const absl::Time end = use.hourly.TimeOf(use.hourly.values.size());
  const auto forecast = ForecastHours(use.hourly, end + kReach, kOneInTen);
  if (!forecast.ok()) return std::nullopt;
  const std::vector<double>& high = forecast->forecast.high;
  const auto reached = std::find_if(high.begin(), high.end(), [limit](double value) { return value >= limit; });
  if (reached == high.end()) return std::nullopt;
  return static_cast<double>(reached - high.begin() + 1) / 24;
}

std::string ConfidenceOf(const HeadroomRow& row, bool assumed) {
  if (row.days < 3 || row.coverage < 0.5) return "low";
  if (row.days >= 7 && row.coverage >= 0.9 && !assumed && (std::isnan(row.r_squared) || row.r_squared >= 0.5)) {
    return "high";
  }
  return "medium";
}

struct Ranked {
  HeadroomRow row;
  double rank = 0;  // ascending: how often the peak goes into the limit
  bool assumed = false;
  const ResourceUse* use = nullptr;
  double peak = 0;
};

Ranked RankOf(const ResourceUse& use, const HeadroomQuestion& question) {
  Ranked ranked;
  ranked.use = &use;
  HeadroomRow& row = ranked.row;
  row.entity = use.entity;
  row.resource = use.spec->name;
  row.instance = use.instance;
  row.p50 = QuantileOfUse(use, 0.5);
  row.p95 = QuantileOfUse(use, 0.95);
  row.p99 = QuantileOfUse(use, 0.99);
  row.now = use.now.value_or(kNaN);
  row.limit = question.target.value_or(use.spec->limit);
  const std::vector<double> known = Known(use.values);
  row.samples = use.distribution != nullptr ? use.distribution->Count() : static_cast<double>(known.size());
  row.coverage = use.values.empty() ? 0 : static_cast<double>(known.size()) / static_cast<double>(use.values.size());
  row.days = use.hourly.KnownDays();
  double peak = QuantileOfUse(use, question.quantile);
  if (use.now && !(peak >= *use.now)) peak = *use.now;
  ranked.peak = peak;
  row.headroom = 1 - peak / row.limit;
  row.r_squared = kNaN;
  ranked.rank = row.limit / std::max(peak, 1e-9);
  if (use.spec->grows == ResourceSpec::Grows::kWithTime) return ranked;
  const UtilizationLine line = FitUtilization(use.loads, use.values);
  double idle = 0;
  if (line.points > 0) {
    row.service = use.service;
    row.r_squared = line.r_squared;
    ranked.assumed = line.assumed;
    idle = line.assumed ? 0 : std::min(line.Idle(), 0.95 * peak);
  }
  if (line.points > 0 && line.flat && peak < row.limit) {
    ranked.rank = std::numeric_limits<double>::infinity();
    return ranked;
  }
  row.multiplier = std::max(0.0, row.limit - idle) / std::max(peak - idle, 1e-9);
  ranked.rank = *row.multiplier;
  return ranked;
}

std::string Percent(double share) { return absl::StrFormat("%.0f %%", 100 * share); }

std::string Name(const HeadroomRow& row) { return ResourceText(row.resource, row.instance); }

std::string SummaryOf(const HeadroomReport& report) {
  if (report.rows.empty()) return "No resource that runs up to a limit was seen in the window.";
  const HeadroomRow& worst = report.rows.front();
  std::set<std::string> over;
  for (const HeadroomRow& row : report.rows) {
    if (row.headroom < 0) over.insert(row.entity);
  }
  const double peak = worst.limit * (1 - worst.headroom);
  const std::string count = absl::StrCat(report.entities);
  if (!over.empty()) {
    return absl::StrCat(over.size(), " of ", count, over.size() == 1 ? " is" : " are", " over a limit; the worst is ",
                        worst.entity, ", whose ", Name(worst), " is at ", Percent(peak), " of a limit of ",
                        Percent(worst.limit), ".");
  }
  if (!worst.multiplier) {
    return absl::StrCat("The nearest to a limit of ", count, " is ", worst.entity, ": ", Name(worst), " at ",
                        Percent(peak), " of ", Percent(worst.limit), ", which fills with time.");
  }
  return absl::StrFormat("Load may grow to %.2f times its peak before the first of %s is at a limit: %s of %s.",
                         *worst.multiplier, count, Name(worst), worst.entity);
}

}  // namespace

HeadroomReport RankHeadroom(const std::vector<ResourceUse>& uses, const std::vector<double>& entity_loads,
                            const HeadroomQuestion& question) {
  std::vector<Ranked> ranked;
  std::set<std::string> entities;
  for (const ResourceUse& use : uses) {
    Ranked each = RankOf(use, question);
    if (std::isnan(each.peak)) continue;
    entities.insert(use.entity);
    ranked.push_back(std::move(each));
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return std::pair(a.rank, -a.peak) < std::pair(b.rank, -b.peak);
  });
  HeadroomReport report;
  report.entities = entities.size();
  std::set<std::string> told;
  for (Ranked& each : ranked) {
    each.row.bottleneck = told.insert(each.row.entity).second;
    if (each.row.multiplier && (!report.fleet_multiplier || *each.row.multiplier < *report.fleet_multiplier)) {
      report.fleet_multiplier = each.row.multiplier;
    }
    if (report.rows.size() == question.top) {
      ++report.left_out;
      continue;
    }
    each.row.days_to_limit = DaysOf(*each.use, each.peak, each.row.limit);
    each.row.confidence = ConfidenceOf(each.row, each.assumed);
    report.rows.push_back(std::move(each.row));
  }
  const std::vector<double> loads = Known(entity_loads);
  if (loads.size() > 1 && MeanOf(loads) > 0) {
    report.imbalance = *std::max_element(loads.begin(), loads.end()) / MeanOf(loads);
  }
  report.summary = SummaryOf(report);
  return report;
}

}  // namespace tributary
