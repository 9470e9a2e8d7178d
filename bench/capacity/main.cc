// How good capacity's verdicts and forecasts are, where the truth is known. Seeded: the same figures everywhere.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "bench/capacity/forecast_world.h"
#include "bench/capacity/launch_world.h"
#include "common/stats/seasonal_forecast.h"

namespace tributary {
namespace {

constexpr double kLargestBrier = 0.15;
constexpr double kLargestWrongYes = 0.05;
constexpr double kLeastCoverage = 0.92;
constexpr double kMostCoverage = 0.97;

struct Decile {
  size_t launches = 0;
  size_t well = 0;
  double predicted = 0;
};

bool Launches(size_t count, uint64_t seed) {
  std::array<Decile, 10> deciles;
  std::map<std::string, std::pair<size_t, size_t>> verdicts;  // launches, of them well
  double brier = 0;
  size_t judged = 0;
  size_t refused = 0;
  for (size_t i = 0; i < count; ++i) {
    const LaunchCase launch = MakeLaunchCase(seed + i);
    const auto answer = JudgeLaunch(launch.model, {}, launch.question);
    if (!answer.ok()) {
      std::fprintf(stderr, "seed %zu: %s\n", static_cast<size_t>(seed + i), answer.status().ToString().c_str());
      ++refused;
      continue;
    }
    auto& [launches, well] = verdicts[NameOf(answer->verdict)];
    ++launches;
    well += launch.well ? 1 : 0;
    if (answer->verdict == Verdict::kUnknown) continue;
    ++judged;
    const double error = answer->probability - (launch.well ? 1 : 0);
    brier += error * error;
    Decile& decile = deciles[std::min<size_t>(9, static_cast<size_t>(10 * answer->probability))];
    ++decile.launches;
    decile.well += launch.well ? 1 : 0;
    decile.predicted += answer->probability;
  }
  std::printf("| verdict | launches | that went well |\n|---|---|---|\n");
  for (const auto& [name, counts] : verdicts) {
    std::printf("| %s | %zu | %zu (%.1f %%) |\n", name.c_str(), counts.first, counts.second,
                100.0 * static_cast<double>(counts.second) / static_cast<double>(counts.first));
  }
  std::printf("\n| P(well) said | launches | mean said | went well |\n|---|---|---|---|\n");
  for (size_t i = 0; i < deciles.size(); ++i) {
    const Decile& decile = deciles[i];
    if (decile.launches == 0) {
      std::printf("| %.1f to %.1f | 0 | | |\n", 0.1 * static_cast<double>(i), 0.1 * static_cast<double>(i + 1));
      continue;
    }
    const double n = static_cast<double>(decile.launches);
    std::printf("| %.1f to %.1f | %zu | %.2f | %.2f |\n", 0.1 * static_cast<double>(i),
                0.1 * static_cast<double>(i + 1), decile.launches, decile.predicted / n,
                static_cast<double>(decile.well) / n);
  }
  brier /= static_cast<double>(std::max<size_t>(1, judged));
  const auto [yes, yes_well] = verdicts["YES"];
  const double wrong = yes == 0 ? 0 : 1 - static_cast<double>(yes_well) / static_cast<double>(yes);
  std::printf("\n%zu launches, %zu judged, Brier score %.3f, YES wrong in %.1f %%\n\n", count, judged, brier,
              100 * wrong);
  return refused == 0 && yes > 0 && brier < kLargestBrier && wrong <= kLargestWrongYes;
}

bool Forecasts(size_t count, uint64_t seed) {
  constexpr size_t kHorizon = 72;
  struct Sums {
    double error = 0;
    size_t best = 0;
    size_t series = 0;
  };
  std::map<std::string, Sums> methods;
  size_t held = 0;
  size_t values = 0;
  double chosen_error = 0;
  double said = 0;
  for (size_t i = 0; i < count; ++i) {
    const ForecastCase series = MakeForecastCase(seed + i, 28 + i % 3 * 14, kHorizon);
    const auto forecast = ForecastSeasonal(series.known, {.horizon = kHorizon});
    if (!forecast.ok()) {
      std::fprintf(stderr, "series %zu: %s\n", i, forecast.status().ToString().c_str());
      return false;
    }
    double level = 0;
    for (const double value : series.coming) level += value / kHorizon;
    for (const MethodScore& score : forecast->scores) {
      Sums& sums = methods[score.method];
      sums.error += score.mean_absolute_error / level;
      sums.best += score.method == forecast->method ? 1 : 0;
      ++sums.series;
    }
    for (size_t hour = 0; hour < kHorizon; ++hour) {
      held += series.coming[hour] >= forecast->low[hour] && series.coming[hour] <= forecast->high[hour] ? 1 : 0;
      chosen_error += std::abs(series.coming[hour] - forecast->mean[hour]) / level;
      ++values;
    }
    said += forecast->coverage;
  }
  std::printf("| method | backtest's mean error | chosen |\n|---|---|---|\n");
  for (const auto& [name, sums] : methods) {
    std::printf("| %s | %.2f %% | %zu of %zu |\n", name.c_str(), 100 * sums.error / static_cast<double>(sums.series),
                sums.best, count);
  }
  const double coverage = static_cast<double>(held) / static_cast<double>(values);
  std::printf(
      "\n%zu series, %zu hours ahead: mean error %.2f %%; intervals of 95 %% held %.1f %%, their own backtests said "
      "%.1f %%\n",
      count, kHorizon, 100 * chosen_error / static_cast<double>(values), 100 * coverage,
      100 * said / static_cast<double>(count));
  return coverage >= kLeastCoverage && coverage <= kMostCoverage;
}

int Main(int argc, char** argv) {
  CLI::App app("How good capacity's verdicts and forecasts are, where the truth is known");
  size_t launches = 400;
  size_t series = 120;
  uint64_t seed = 1;
  bool check = false;
  app.add_option("--launches", launches, "made-up launches")->capture_default_str();
  app.add_option("--series", series, "made-up series")->capture_default_str();
  app.add_option("--seed", seed, "of the first")->capture_default_str();
  app.add_flag("--check", check, "fail when the figures are worse than docs/capacity.md promises");
  CLI11_PARSE(app, argc, argv);
  const bool verdicts = launches == 0 || Launches(launches, seed);
  const bool forecasts = series == 0 || Forecasts(series, seed);
  return check && !(verdicts && forecasts) ? 1 : 0;
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) { return tributary::Main(argc, argv); }
