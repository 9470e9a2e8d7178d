// Sends StatsD lines, prepared beforehand and paced, and tells what it cost whom: docs/benchmarks.md says how it is
// used.

#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "bench/load/report.h"
#include "bench/load/sink.h"
#include "common/base/status.h"
#include "common/config/units.h"
#include "common/net/signal_waiter.h"

namespace tributary {
namespace {

constexpr absl::string_view kExamples = R"(Examples:
  tributary-load --to udp://127.0.0.1:8125 --rate 100000 --duration 30s --agent-http http://127.0.0.1:8126
  tributary-load --to unixgram:///run/tributary/dsd.socket --types ms --keys 100000 --lines 1000000 --pid 4711
  tributary-load sink --listen udp://127.0.0.1:9125

Exit status: 0 everything was sent; 1 something could not be; 2 the command line is wrong.)";

struct Arguments {
  MeasureOptions measure;
  std::string to = "udp://127.0.0.1:8125";
  std::string types = "c,ms,s";
  std::string duration = "10s";
  std::string output = "text";
  std::string listen = "udp://127.0.0.1:0";
  std::string buffer = "8MiB";
};

absl::StatusOr<std::vector<Measurement::Kind>> ParseTypes(const std::string& text) {
  using Kind = Measurement::Kind;
  static const std::map<absl::string_view, Kind> kinds = {
      {"c", Kind::kCounter},   {"g", Kind::kGauge},        {"ms", Kind::kTimer},
      {"h", Kind::kHistogram}, {"d", Kind::kDistribution}, {"s", Kind::kSet},
  };
  std::vector<Kind> types;
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    const auto found = kinds.find(word);
    if (found == kinds.end()) return absl::InvalidArgumentError(absl::StrCat("--types: no such type: ", word));
    types.push_back(found->second);
  }
  return types;
}

absl::Status Resolve(Arguments& arguments) {
  MeasureOptions& measure = arguments.measure;
  TRIBUTARY_ASSIGN_OR_RETURN(measure.load.to, ParseAddress(arguments.to, Address::Kind::kUdp));
  TRIBUTARY_ASSIGN_OR_RETURN(measure.series.types, ParseTypes(arguments.types));
  const std::optional<absl::Duration> duration = ParseDuration(arguments.duration);
  if (!duration.has_value()) return absl::InvalidArgumentError("--duration: not a duration, such as 10s");
  measure.load.duration = *duration;
  return absl::OkStatus();
}

int Fail(const absl::Status& status, int code) {
  std::fprintf(stderr, "tributary-load: %s\n", std::string(status.message()).c_str());
  return code;
}

int RunLoad(Arguments& arguments) {
  if (const absl::Status status = Resolve(arguments); !status.ok()) return Fail(status, 2);
  const SystemClock clock;
  const absl::StatusOr<LoadReport> report = Measure(arguments.measure, clock);
  if (!report.ok()) return Fail(report.status(), 1);
  std::printf("%s\n", (arguments.output == "json" ? ToJson(*report) : ToText(*report)).c_str());
  return report->sent.lines_refused == 0 ? 0 : 1;
}

int RunSink(const Arguments& arguments) {
  SignalWaiter signals;
  const absl::StatusOr<Address> address = ParseAddress(arguments.listen, Address::Kind::kUdp);
  if (!address.ok()) return Fail(address.status(), 2);
  const std::optional<uint64_t> buffer = ParseByteSize(arguments.buffer);
  if (!buffer.has_value() || *buffer > (1u << 30)) return Fail(absl::InvalidArgumentError("--receive-buffer"), 2);
  absl::StatusOr<Sink> sink = Sink::Open(*address, static_cast<int>(*buffer));
  if (!sink.ok()) return Fail(sink.status(), 1);
  std::printf("%s\n", sink->address().ToString().c_str());
  std::fflush(stdout);
  Sink::Counts counts;
  std::thread receiving([&] { counts = sink->Run(); });
  signals.Wait(absl::Hours(24));
  sink->Stop();
  receiving.join();
  std::printf("{\"datagrams\": %llu, \"bytes\": %llu, \"cpu_seconds\": %.6f}\n",
              static_cast<unsigned long long>(counts.datagrams), static_cast<unsigned long long>(counts.bytes),
              counts.cpu_seconds);
  return 0;
}

void AddLoadOptions(CLI::App& app, Arguments& arguments) {
  MeasureOptions& m = arguments.measure;
  app.add_option("--to", arguments.to, "udp://, unixgram://, unixstream://, tcp:// or tls:// address")
      ->capture_default_str();
  app.add_option("--ca-file", m.load.tls.ca_file, "Authorities of a tls:// agent; else the system's");
  CLI::Option* cert = app.add_option("--cert", m.load.tls.cert_file, "To show to a tls:// agent that asks for one");
  CLI::Option* key = app.add_option("--key", m.load.tls.key_file, "Its key");
  cert->needs(key);
  key->needs(cert);
  app.add_option("--senders", m.load.senders, "Threads, each with a socket")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--rate", m.load.lines_per_second, "Lines per second of all together; 0: as fast as it goes")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--duration", arguments.duration, "At most so long")->capture_default_str();
  app.add_option("--lines", m.load.lines, "At most so many lines; 0: no limit")->capture_default_str();
  app.add_option("--keys", m.series.keys, "Series")->check(CLI::Range(1, 10'000'000))->capture_default_str();
  app.add_option("--types", arguments.types, "Of the keys in turn: c g ms h d s")->capture_default_str();
  app.add_option("--tags", m.series.tags, "Of each line")->check(CLI::Range(0, 60))->capture_default_str();
  app.add_option("--tag-values", m.series.tag_values, "Of each tag but the first")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--values", m.series.run_length, "Of a timer in a line")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--members", m.series.set_members, "Of all sets")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--sample-rate", m.series.rate, "As sent, @0.1")->check(CLI::Range(0.000001, 1.0));
  app.add_option("--payload", m.deck.payload_bytes, "Bytes of a payload at most; 0: one line each")
      ->check(CLI::Range(0, 65'507))
      ->capture_default_str();
  app.add_option("--samples", m.samples, "Prepared, then repeated; 0: ten of each key, at least 65,536");
  app.add_option("--seed", m.series.seed)->capture_default_str();
  app.add_option("--pid", m.pid, "Whose CPU time and memory to tell");
  app.add_option("--agent-http", m.agent_http, "Pages of the agent, to tell what it has read");
  app.add_option("-o,--output", arguments.output)->check(CLI::IsMember({"text", "json"}))->capture_default_str();
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Sends StatsD load and measures who receives it.", "tributary-load");
  app.footer(std::string(kExamples));
  AddLoadOptions(app, arguments);
  CLI::App* sink = app.add_subcommand("sink", "Receive datagrams and do nothing, until SIGTERM: the kernel's share");
  sink->add_option("--listen", arguments.listen, "udp:// address")->capture_default_str();
  sink->add_option("--receive-buffer", arguments.buffer)->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return sink->parsed() ? RunSink(arguments) : RunLoad(arguments);
}

}  // namespace
}  // namespace tributary

int main(int argc, char** argv) { return tributary::Main(argc, argv); }
