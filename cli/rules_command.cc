#include "cli/rules_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/rules_text.h"
#include "cli/tap_session.h"
#include "cli/terminal.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/config/config_document.h"
#include "common/config/units.h"
#include "common/net/file_descriptor.h"
#include "common/net/signal_waiter.h"
#include "common/rules/rules_config.h"
#include "common/statsd/line_parser.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary rules try new.yaml --from tap --for 30s
  tributary tap '*' -o raw --rate 10000 --for 1m > kept.txt
  tributary rules try new.yaml --from kept.txt -o json

FILE is an agent's configuration; of it, extend_tags, services, rules and limits are read. A service's rules stand
before the others.

Exit status: 0, or 1 when the file or the lines cannot be had.)";

struct TryOptions {
  std::string file;
  std::string from = "tap";
  TapSession::Options tap = {.agent = {}, .match = "*", .rate = 10'000, .rejected = "no"};
  std::string length = "10s";
  std::string host;
  size_t entries = 20;
  std::string output = "text";
};

struct TrialConfig {
  RulesConfig rules;
  RuleTrial::Limits limits;
};

absl::StatusOr<TrialConfig> ReadTrialConfig(const std::string& file) {
  TRIBUTARY_ASSIGN_OR_RETURN(ConfigDocument document, LoadYamlFile(file, ProcessEnvironment()));
  TrialConfig config;
  ConfigNode root = document.root();
  ReadRules(root, config.rules);
  ConfigNode limits = root.Section("limits");
  limits.Read("max_series", config.limits.max_series);
  limits.Read("max_series_per_metric", config.limits.max_series_per_metric);
  limits.Read("max_values_per_tag", config.limits.max_values_per_tag);
  limits.SkipUnread();
  root.SkipUnread();
  TRIBUTARY_RETURN_IF_ERROR(document.ToStatus());
  return config;
}

std::string HostName(const std::string& asked) {
  std::array<char, 256> name{};
  if (!asked.empty() || gethostname(name.data(), name.size() - 1) != 0) return asked;
  return name.data();
}

// Lines on their way into a trial.
class TrialReader {
 public:
  explicit TrialReader(RuleTrial& trial) : trial_(trial), progress_(clock_, "lines") {}

  const TrialInput& input() const { return input_; }

  absl::Status ReadFile(const std::string& file) {
    const FileDescriptor opened(file == "-" ? -1 : open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (file != "-" && !opened.open()) return absl::NotFoundError(absl::StrCat(file, ": ", std::strerror(errno)));
    LineReader reader(file == "-" ? STDIN_FILENO : opened.number());
    while (true) {
      absl::string_view line;
      TRIBUTARY_ASSIGN_OR_RETURN(const LineReader::Event event, reader.Next(line, absl::Seconds(1)));
      if (event == LineReader::Event::kEnd) break;
      if (event == LineReader::Event::kLine) Add(line);
    }
    input_.lines += reader.skipped_lines();
    input_.lines_rejected += reader.skipped_lines();
    return absl::OkStatus();
  }

  // Until the time is over or a signal comes.
  absl::Status ReadTap(const TapSession::Options& options, absl::Duration length) {
    SignalWaiter signals;
    TapSession tap(options);
    const absl::Time end = clock_.Now() + length;
    bool stopped = false;
    while (!stopped) {
      TRIBUTARY_ASSIGN_OR_RETURN(const TapBatch batch, tap.Poll());
      input_.lines_skipped += batch.skipped;
      for (const TapBatch::Record& record : batch.records) Add(record.line);
      const absl::Duration left = end - clock_.Now();
      stopped = left <= absl::ZeroDuration() || signals.Wait(std::min(absl::Milliseconds(200), left)).has_value();
    }
    return absl::OkStatus();
  }

 private:
  void Add(absl::string_view line) {
    ++input_.lines;
    if (parser_.Parse(line, trial_) != LineError::kNone) ++input_.lines_rejected;
    progress_.Show(input_.lines);
  }

  RuleTrial& trial_;
  const SystemClock clock_;
  Progress progress_;
  LineParser parser_;
  TrialInput input_;
};

int Try(const CLI::App& app, const TryOptions& options) {
  const std::optional<absl::Duration> length = ParseDuration(options.length);
  if (!length) return UsageError(app, "--for takes a duration such as 30s");
  absl::StatusOr<TrialConfig> config = ReadTrialConfig(options.file);
  if (!config.ok()) return Failure(app, config.status().message());
  absl::StatusOr<RuleSet> rules = BuildRules(config->rules);
  if (!rules.ok()) return Failure(app, absl::StrCat(options.file, ": ", rules.status().message()));
  std::vector<RuleSpec> specs = RulesOf(config->rules.services);
  specs.insert(specs.end(), config->rules.rules.begin(), config->rules.rules.end());

  RuleTrial trial(*std::move(rules), specs.size(), config->limits, HostName(options.host));
  TrialInput input;
  absl::Status read;
  {
    TrialReader reader(trial);
    read = options.from == "tap" ? reader.ReadTap(options.tap, *length) : reader.ReadFile(options.from);
    input = reader.input();
  }
  if (!read.ok()) return Failure(app, read.message());
  const RuleTrial::Result result = trial.Finish();
  if (options.output == "json") return PrintText(TrialJson(result, specs, input));
  const size_t columns = IsTerminal(stdout) ? static_cast<size_t>(SizeOf(stdout).columns) : 0;
  return PrintText(TrialText(result, specs, input, options.entries, columns, HasColours(stdout)));
}

void AddTryOptions(CLI::App& command, TryOptions& options) {
  command.add_option("FILE", options.file, "an agent's configuration, or its rules alone")->required()->type_name("");
  command.add_option("--from", options.from, "tap: what the agent receives now; a file of lines; - is standard input")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_option("--for", options.length, "how long to tap")->type_name("DURATION")->capture_default_str();
  command.add_option("--match", options.tap.match, "which lines to tap")->type_name("PATTERN")->capture_default_str();
  command.add_option("--rate", options.tap.rate, "at most so many lines per second of the tap")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--host", options.host, "the agent's host; else this one's")->type_name("NAME");
  command.add_option("-n,--entries", options.entries, "how long each list is at most")
      ->type_name("N")
      ->capture_default_str();
  AddChoice(command.add_option("-o,--output", options.output, "how it is printed")->capture_default_str(),
            {"text", "json"});
  AddAgentOption(command, options.tap.agent);
  command.footer(kExamples);
}

}  // namespace

Command AddRulesCommand(CLI::App& app) {
  auto options = std::make_shared<TryOptions>();
  CLI::App* command = app.add_subcommand("rules", "Try rules before they are in force");
  command->require_subcommand(1);
  CLI::App* attempt = command->add_subcommand("try", "Say what the rules of a file would do to what an agent receives");
  AddTryOptions(*attempt, *options);
  AddColourOption(*attempt);
  return {.app = command, .run = [attempt, options] { return Try(*attempt, *options); }};
}

}  // namespace tributary
