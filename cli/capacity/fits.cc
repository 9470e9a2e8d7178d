#include "cli/capacity/fits.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/stats/mmc_queue.h"
#include "common/stats/seasonal_forecast.h"
#include "common/stats/usl.h"

namespace tributary {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no infinity and no NaN.
Json NumberJson(double value) { return std::isfinite(value) ? Json(value) : Json(); }

void AddCoefficient(Findings& findings, const char* name, double value, double error) {
  findings.json[name] = NumberJson(value);
  findings.json[absl::StrCat(name, "_standard_error")] = NumberJson(error);
  findings.table.rows.push_back({name, NumberText(value), NumberText(error)});
}

void AddFigure(Findings& findings, const char* name, double value) {
  findings.json[name] = NumberJson(value);
  findings.table.rows.push_back({name, NumberText(value), ""});
}

Table CoefficientTable() {
  return {.columns = {{"coefficient"}, {"value", true}, {"standard error", true}}, .rows = {}};
}

absl::StatusOr<Findings> QueueFindings(const NumberColumns& columns) {
  const auto servers = columns.Column("servers");
  const auto rates = columns.Column("service_rate");
  const auto loads = columns.Column("load");
  for (const absl::Status& status : {servers.status(), rates.status(), loads.status()}) {
    if (!status.ok()) return status;
  }
  Findings findings;
  findings.json = {{"model", "mmc"}, {"queues", Json::array()}};
  findings.table.columns = {{"servers", true},     {"service_rate", true}, {"load", true},
                            {"utilisation", true}, {"p(wait)", true},      {"mean", true},
                            {"p50", true},         {"p95", true},          {"p99", true}};
  for (size_t i = 0; i < servers->size(); ++i) {
    const double count = (*servers)[i];
    if (!(count >= 1 && count <= static_cast<double>(MmcQueue::kMaxServers)) || count != std::floor(count)) {
      return absl::InvalidArgumentError(absl::StrFormat("row %d: %g is no number of servers", i + 1, count));
    }
    const auto queue = MmcQueue::Make(static_cast<size_t>(count), (*rates)[i], (*loads)[i]);
    if (!queue.ok()) {
      return absl::Status(queue.status().code(), absl::StrCat("row ", i + 1, ": ", queue.status().message()));
    }
    const double p50 = queue->ResponseQuantile(0.5);
    const double p95 = queue->ResponseQuantile(0.95);
    const double p99 = queue->ResponseQuantile(0.99);
    findings.json["queues"].push_back({{"servers", queue->servers()},
                                       {"service_rate", queue->service_rate()},
                                       {"load", queue->arrival_rate()},
                                       {"utilisation", queue->utilisation()},
                                       {"wait_probability", queue->WaitProbability()},
                                       {"mean_wait", queue->MeanWait()},
                                       {"mean", queue->MeanResponse()},
                                       {"p50", p50},
                                       {"p95", p95},
                                       {"p99", p99}});
    findings.table.rows.push_back({NumberText(count), NumberText((*rates)[i]), NumberText((*loads)[i]),
                                   NumberText(queue->utilisation()), NumberText(queue->WaitProbability()),
                                   NumberText(queue->MeanResponse()), NumberText(p50), NumberText(p95),
                                   NumberText(p99)});
  }
  findings.remarks.push_back("Times are seconds, rates per second.");
  return findings;
}

}  // namespace

absl::StatusOr<Findings> UslFindings(const NumberColumns& columns, const std::vector<double>& at) {
  const auto loads = columns.Column("load");
  const auto throughputs = columns.Column("throughput");
  for (const absl::Status& status : {loads.status(), throughputs.status()}) {
    if (!status.ok()) return status;
  }
  const absl::StatusOr<UslFit> fit = FitUsl(*loads, *throughputs);
  if (!fit.ok()) return fit.status();
  Findings findings;
  findings.json = {{"model", "usl"}, {"points", loads->size()}};
  findings.table = CoefficientTable();
  AddCoefficient(findings, "alpha", fit->alpha, fit->alpha_error);
  AddCoefficient(findings, "beta", fit->beta, fit->beta_error);
  AddCoefficient(findings, "gamma", fit->gamma, fit->gamma_error);
  AddFigure(findings, "r_squared", fit->r_squared);
  AddFigure(findings, "peak_load", fit->PeakLoad());
  AddFigure(findings, "peak_throughput", fit->PeakThroughput());
  AddFigure(findings, "optimal_load", fit->OptimalLoad());
  const double reach = UslFit::kSafeReach * fit->highest_load;
  AddFigure(findings, "safe_up_to_load", reach);
  findings.json["predictions"] = Json::array();
  for (const double load : at) {
    const bool beyond = load > reach;
    findings.json["predictions"].push_back({{"load", load},
                                            {"throughput", NumberJson(fit->Throughput(load))},
                                            {"latency", NumberJson(fit->Latency(load))},
                                            {"beyond_evidence", beyond}});
    findings.table.rows.push_back({absl::StrCat("throughput at ", NumberText(load), beyond ? " (beyond evidence)" : ""),
                                   NumberText(fit->Throughput(load)), ""});
  }
  findings.remarks.push_back(
      absl::StrFormat("Good between the points and up to a load of %g, %g times the highest measured; beyond, measure.",
                      reach, UslFit::kSafeReach));
  return findings;
}

absl::StatusOr<Findings> MmcFindings(const NumberColumns& columns) {
  if (columns.Has("servers")) return QueueFindings(columns);
  const auto loads = columns.Column("load");
  const auto latencies = columns.Column("latency");
  for (const absl::Status& status : {loads.status(), latencies.status()}) {
    if (!status.ok()) return status;
  }
  const absl::StatusOr<MmcFit> fit = FitMmc(*loads, *latencies);
  if (!fit.ok()) return fit.status();
  Findings findings;
  findings.json = {{"model", "mmc"}, {"points", loads->size()}};
  findings.table = CoefficientTable();
  AddFigure(findings, "servers", static_cast<double>(fit->servers));
  AddFigure(findings, "service_rate", fit->service_rate);
  AddFigure(findings, "residual_deviation", fit->residual_deviation);
  AddFigure(findings, "highest_load", static_cast<double>(fit->servers) * fit->service_rate);
  findings.remarks.push_back("Rates are per second; the queue grows without end at the highest load.");
  return findings;
}

absl::StatusOr<Findings> HoltWintersFindings(const NumberColumns& columns, size_t period, HoltWinters::Season season,
                                             size_t horizon) {
  const auto values = columns.Column("value");
  if (!values.ok()) return values.status();
  const absl::StatusOr<HoltWinters> model = HoltWinters::Fit(*values, period, season);
  if (!model.ok()) return model.status();
  Findings findings;
  findings.json = {{"model", "holt-winters"},
                   {"season", season == HoltWinters::Season::kAdditive ? "additive" : "multiplicative"},
                   {"period", period},
                   {"points", values->size()}};
  findings.table = CoefficientTable();
  AddFigure(findings, "alpha", model->weights().level);
  AddFigure(findings, "beta", model->weights().trend);
  AddFigure(findings, "gamma", model->weights().season);
  AddFigure(findings, "sse", model->squared_errors());
  AddFigure(findings, "level", model->level());
  AddFigure(findings, "trend", model->trend());
  findings.json["forecast"] = Json::array();
  for (size_t ahead = 1; ahead <= horizon; ++ahead) {
    findings.json["forecast"].push_back(NumberJson(model->Forecast(ahead)));
    findings.table.rows.push_back({absl::StrCat("forecast ", ahead, " ahead"), NumberText(model->Forecast(ahead)), ""});
  }
  return findings;
}

absl::StatusOr<Findings> ForecastFindings(const NumberColumns& columns, const ForecastQuestion& question) {
  const auto values = columns.Column("value");
  if (!values.ok()) return values.status();
  const auto forecast =
      ForecastSeasonal(*values, {.horizon = question.horizon, .day = question.day, .confidence = question.confidence});
  if (!forecast.ok()) return forecast.status();
  Findings findings;
  findings.json = {{"method", forecast->method},
                   {"points", forecast->observed},
                   {"trend_per_day", NumberJson(forecast->trend_per_day)},
                   {"confidence", forecast->confidence},
                   {"backtested_coverage", NumberJson(forecast->coverage)},
                   {"caveat", forecast->caveat},
                   {"methods", Json::array()},
                   {"forecast", Json::array()}};
  for (const MethodScore& score : forecast->scores) {
    findings.json["methods"].push_back({{"method", score.method},
                                        {"mean_absolute_error", NumberJson(score.mean_absolute_error)},
                                        {"origins", score.origins}});
  }
  findings.table.columns = {{"step", true}, {"low", true}, {"forecast", true}, {"high", true}};
  for (size_t i = 0; i < forecast->mean.size(); ++i) {
    findings.json["forecast"].push_back(
        {{"step", i + 1}, {"low", forecast->low[i]}, {"mean", forecast->mean[i]}, {"high", forecast->high[i]}});
    findings.table.rows.push_back({absl::StrCat(i + 1), NumberText(forecast->low[i]), NumberText(forecast->mean[i]),
                                   NumberText(forecast->high[i])});
  }
  findings.remarks.push_back(absl::StrCat("Method: ", forecast->method, ", the best of ", forecast->scores.size(),
                                          " in the backtest; trend ", NumberText(forecast->trend_per_day), " a day."));
  if (!std::isnan(forecast->coverage)) {
    findings.remarks.push_back(absl::StrFormat("Intervals of %g%% held %.1f%% of the backtest's values.",
                                               100 * forecast->confidence, 100 * forecast->coverage));
  }
  if (!forecast->caveat.empty()) findings.remarks.push_back(absl::StrCat("Mind: ", forecast->caveat, "."));
  return findings;
}

}  // namespace tributary
