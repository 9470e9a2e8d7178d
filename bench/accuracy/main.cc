// How accurate and how small the digests of a fleet are: the tables and plots of docs/sketches.md. Seeded; with --check
// its exit status says whether every error is within its bar.

#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_format.h"
#include "bench/accuracy/fleet.h"
#include "bench/accuracy/plot.h"

namespace tributary {
namespace {

// What a plot shows for an error of zero.
constexpr double kLeastPlotted = 0.01;

struct Arguments {
  FleetOptions fleet;
  int seeds = 10;
  uint64_t first_seed = 1;
  std::string only;
  std::string svg_dir;
  bool check = false;
};

FleetResult MeanOf(const Workload& workload, const Arguments& arguments) {
  FleetResult mean;
  const double share = 1.0 / arguments.seeds;
  for (int i = 0; i < arguments.seeds; ++i) {
    const FleetResult one = MeasureFleet(workload, arguments.fleet, arguments.first_seed + i);
    for (size_t q = 0; q < kQuantiles.size(); ++q) {
      mean.one_hop[q] += share * one.one_hop[q];
      mean.two_hops[q] += share * one.two_hops[q];
    }
    mean.agent_bytes += share * one.agent_bytes;
    mean.owner_bytes += share * one.owner_bytes;
  }
  return mean;
}

bool PrintRow(const Workload& workload, int hops, const Errors& errors, const FleetResult& result) {
  bool within = true;
  std::string row = absl::StrFormat("| %s | %d |", workload.name, hops);
  for (size_t q = 0; q < kQuantiles.size(); ++q) {
    const bool ok = errors[q] <= workload.bar[q];
    absl::StrAppendFormat(&row, " %1$s%2$.3g%1$s |", ok ? "" : "**", errors[q]);
    within = within && ok;
  }
  std::printf("%s %.0f | %.0f |\n", row.c_str(), result.agent_bytes, result.owner_bytes);
  std::fflush(stdout);
  return within;
}

PlotLine ErrorLine(const std::string& name, const Errors& errors) {
  PlotLine line{name, {}};
  for (size_t q = kQuantiles.size(); q-- > 0;) {
    line.points.emplace_back(1 - kQuantiles[q], std::max(kLeastPlotted, errors[q]));
  }
  return line;
}

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

void WriteBytesPlot(const std::string& dir) {
  Plot plot{"Bytes of one agent's digest on the wire", "samples", "bytes", {}};
  for (const double compression : {50.0, 100.0, 200.0}) {
    PlotLine line{absl::StrFormat("compression %g", compression), {}};
    for (double samples = 1; samples <= 1e6; samples *= std::sqrt(10)) {
      const int count = static_cast<int>(std::lround(samples));
      line.points.emplace_back(count, AgentBytes(count, compression, 1));
    }
    plot.lines.push_back(std::move(line));
  }
  WriteFile(dir + "/bytes.svg", RenderSvg(plot));
}

bool PrintSets(const Arguments& arguments) {
  std::printf("\n| members of a set | error, root mean square |\n|---|---|\n");
  bool within = true;
  for (const SetWorkload& workload : {SetWorkload{1000, 200, 0.001}, SetWorkload{10'000, 200, 0.0065},
                                      SetWorkload{100'000, 100, 0.009}, SetWorkload{1'000'000, 100, 0.009}}) {
    const double error = SetError(workload, arguments.first_seed);
    std::printf("| %d | %.3f %% |\n", workload.members, 100 * error);
    within = within && error <= workload.bar;
  }
  return within;
}

int Run(const Arguments& arguments) {
  std::printf("%d hosts, %d samples each, agents at %g, owner at %g, mean of seeds %d to %d\n\n", arguments.fleet.hosts,
              arguments.fleet.samples, arguments.fleet.agent_compression, arguments.fleet.owner_compression,
              static_cast<int>(arguments.first_seed), static_cast<int>(arguments.first_seed) + arguments.seeds - 1);
  std::printf(
      "| data | hops | p50 | p90 | p99 | p99.9 | p99.99 | agent bytes | owner bytes |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  bool within = true;
  bool any = false;
  Plot plot{"Rank error of a fleet, two hops", "1 - quantile", "rank error, millionths", {}};
  for (const Workload& workload : Workloads()) {
    if (!arguments.only.empty() && workload.name != arguments.only) continue;
    any = true;
    const FleetResult result = MeanOf(workload, arguments);
    within = PrintRow(workload, 1, result.one_hop, result) && within;
    within = PrintRow(workload, 2, result.two_hops, result) && within;
    plot.lines.push_back(ErrorLine(workload.name, result.two_hops));
  }
  if (arguments.only.empty() || arguments.only == "sets") {
    any = true;
    within = PrintSets(arguments) && within;
  }
  if (!any) {
    std::fprintf(stderr, "no data of that name\n");
    return 2;
  }
  if (!arguments.svg_dir.empty()) {
    WriteFile(arguments.svg_dir + "/error.svg", RenderSvg(plot));
    WriteBytesPlot(arguments.svg_dir);
  }
  if (!arguments.check) return 0;
  std::printf("\n%s\n", within ? "all within their bars" : "errors in bold are beyond their bars");
  return within ? 0 : 1;
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) {
  tributary::Arguments arguments;
  CLI::App app("How accurate and how small the digests of a fleet are.", "sketch_accuracy");
  app.add_option("--hosts", arguments.fleet.hosts)->check(CLI::Range(1, 100'000));
  app.add_option("--samples", arguments.fleet.samples)->check(CLI::Range(1, 1'000'000));
  app.add_option("--agent-compression", arguments.fleet.agent_compression);
  app.add_option("--owner-compression", arguments.fleet.owner_compression);
  app.add_option("--seeds", arguments.seeds)->check(CLI::Range(1, 1000));
  app.add_option("--first-seed", arguments.first_seed);
  app.add_option("--only", arguments.only, "one row of the table, or `sets`");
  app.add_option("--svg", arguments.svg_dir, "an existing folder for error.svg and bytes.svg")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--check", arguments.check, "exit with 1 when an error is beyond its bar");
  CLI11_PARSE(app, argc, argv);
  return tributary::Run(arguments);
}
