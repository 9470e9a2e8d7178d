#include "bench/load/report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "nlohmann/json.hpp"

namespace tributary {
namespace {

constexpr uint64_t kMinSamples = 65'536;
constexpr absl::Duration kReadTimeout = absl::Seconds(10);

double PerLine(double seconds, const LoadCounts& sent) {
  return sent.lines == 0 ? 0 : seconds * 1e9 / static_cast<double>(sent.lines);
}

double Rate(const LoadCounts& sent) {
  const double seconds = absl::ToDoubleSeconds(sent.time);
  return seconds <= 0 ? 0 : static_cast<double>(sent.lines) / seconds;
}

ProcessUsage Since(const ProcessUsage& before, ProcessUsage after) {
  after.user_seconds -= before.user_seconds;
  after.system_seconds -= before.system_seconds;
  return after;
}

}  // namespace

double LoadReport::lost_share() const {
  if (!agent.has_value() || sent.lines == 0) return 0;
  return std::max(0.0, 1 - agent->lines / static_cast<double>(sent.lines));
}

absl::StatusOr<LoadReport> Measure(const MeasureOptions& options, const Clock& clock) {
  const SyntheticSeries series(options.series);
  Deck::Options prepared = options.deck;
  prepared.samples = options.samples != 0 ? options.samples
                                          : std::max(kMinSamples, 10 * options.series.keys * options.series.run_length);
  prepared.pack_values = options.series.run_length > 1;
  const Deck deck(series, prepared);

  LoadReport report;
  report.asked_rate = options.load.lines_per_second;
  HttpClient client;
  AgentCounts counts_before;
  ProcessUsage usage_before;
  if (!options.agent_http.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(counts_before, FetchAgentCounts(client, options.agent_http));
  }
  if (options.pid != 0) {
    TRIBUTARY_RETURN_IF_ERROR(ResetPeakResident(options.pid));
    TRIBUTARY_ASSIGN_OR_RETURN(usage_before, ReadProcessUsage(options.pid));
  }
  TRIBUTARY_ASSIGN_OR_RETURN(report.sent, SendLoad(deck, options.load, clock));
  if (!options.agent_http.empty()) {
    TRIBUTARY_ASSIGN_OR_RETURN(
        const AgentCounts counts,
        AwaitLines(client, options.agent_http, counts_before, static_cast<double>(report.sent.lines), kReadTimeout));
    report.agent = counts - counts_before;
  }
  if (options.pid != 0) {
    TRIBUTARY_ASSIGN_OR_RETURN(const ProcessUsage usage, ReadProcessUsage(options.pid));
    report.target = Since(usage_before, usage);
  }
  return report;
}

std::string ToJson(const LoadReport& report) {
  const LoadCounts& sent = report.sent;
  nlohmann::ordered_json json = {
      {"lines", sent.lines},
      {"payloads", sent.payloads},
      {"bytes", sent.bytes},
      {"lines_refused", sent.lines_refused},
      {"seconds", absl::ToDoubleSeconds(sent.time)},
      {"asked_lines_per_second", report.asked_rate},
      {"lines_per_second", Rate(sent)},
      {"delay_seconds", absl::ToDoubleSeconds(sent.delay)},
      {"own_cpu_ns_per_line", PerLine(sent.cpu_seconds, sent)},
  };
  if (report.target.has_value()) {
    json["target"] = {{"cpu_ns_per_line", PerLine(report.target->cpu_seconds(), sent)},
                      {"user_ns_per_line", PerLine(report.target->user_seconds, sent)},
                      {"system_ns_per_line", PerLine(report.target->system_seconds, sent)},
                      {"cpu_seconds", report.target->cpu_seconds()},
                      {"resident_bytes", report.target->resident_bytes},
                      {"peak_resident_bytes", report.target->peak_resident_bytes}};
  }
  if (report.agent.has_value()) {
    json["agent"] = {{"datagrams", report.agent->datagrams},
                     {"lines", report.agent->lines},
                     {"lines_rejected", report.agent->lines_rejected},
                     {"samples_accepted", report.agent->samples_accepted},
                     {"samples_dropped", report.agent->samples_dropped},
                     {"kernel_drops", report.agent->kernel_drops},
                     {"lost_share", report.lost_share()}};
  }
  return json.dump(2);
}

std::string ToText(const LoadReport& report) {
  const LoadCounts& sent = report.sent;
  std::string text = absl::StrFormat("sent      %d lines in %d payloads, %.0f lines/s, own CPU %.0f ns per line",
                                     sent.lines, sent.payloads, Rate(sent), PerLine(sent.cpu_seconds, sent));
  if (sent.lines_refused != 0) absl::StrAppend(&text, "\nrefused   ", sent.lines_refused, " lines, by the socket");
  if (sent.delay > absl::ZeroDuration()) {
    absl::StrAppendFormat(&text, "\ndelayed   %.3f s: the rate asked for was not reached",
                          absl::ToDoubleSeconds(sent.delay));
  }
  if (report.target.has_value()) {
    absl::StrAppendFormat(&text, "\ntarget    %.0f ns per line (user %.0f, system %.0f), peak %.1f MiB",
                          PerLine(report.target->cpu_seconds(), sent), PerLine(report.target->user_seconds, sent),
                          PerLine(report.target->system_seconds, sent),
                          static_cast<double>(report.target->peak_resident_bytes) / (1 << 20));
  }
  if (report.agent.has_value()) {
    absl::StrAppendFormat(
        &text, "\nagent     %.0f lines, %.0f refused, %.0f datagrams dropped by the kernel, %.4f %% lost",
        report.agent->lines, report.agent->lines_rejected, report.agent->kernel_drops, 100 * report.lost_share());
  }
  return text;
}

}  // namespace tributary
