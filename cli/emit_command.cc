#include "cli/emit_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/emit_input.h"
#include "cli/emit_options.h"
#include "cli/emit_output.h"
#include "cli/emit_target.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "cli/timed_command.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/net/file_descriptor.h"

namespace tributary {
namespace {

constexpr absl::string_view kExamples = R"(Examples:
  tributary emit counter api.requests --tag region:eu,canary
  tributary emit timer api.latency 12.5 13 250ms --to unixgram:///run/tributary/dsd.socket
  tributary emit --name deploy.duration --command 'make deploy && make check'
  tributary emit --name deploy.duration -- make deploy
  tributary tap 'api.*' -o raw | tributary emit --to udp://other:8125

Without a kind, standard input is read as `lines` does. A command's times go to a timer, tagged exit_status:N, and
each run is counted in NAME.runs.

Exit status: 0 sent, 1 not or not all of it, 2 the words are wrong; that of the command where one was run (126 it
cannot be started, 127 there is none, 128 + n after signal n), also when its time cannot be sent.)";

absl::StatusOr<std::unique_ptr<EmitOutput>> Connect(const EmitOptions& options) {
  TRIBUTARY_ASSIGN_OR_RETURN(const Address address, EmitTarget(options.to, std::getenv));
  if (options.dry_run) return EmitOutput::ToStandardOutput();
  return EmitOutput::Connect(
      address, options.tls,
      options.payload_bytes > 0 ? static_cast<size_t>(options.payload_bytes) : DefaultPayloadBytes(address.kind));
}

// The agent's absence is the usual failure, and the kernel's word for it says little.
std::string Explained(const absl::Status& status) {
  const std::string message(status.message());
  const bool nobody = absl::IsUnavailable(status) || absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
  return nobody ? absl::StrCat(message, "; does an agent listen there? --to or TRIBUTARY_AGENT names another address")
                : message;
}

int FailToSend(const CLI::App& app, const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? UsageError(app, status.message()) : Failure(app, Explained(status));
}

// One line each, or one of all values.
absl::StatusOr<std::vector<std::string>> LinesOf(const std::string& kind, const EmitOptions& options) {
  std::vector<std::string> lines;
  if (kind == "event" || kind == "check") {
    TRIBUTARY_ASSIGN_OR_RETURN(lines.emplace_back(), kind == "event" ? EventLine(options.event, options.sections)
                                                                     : CheckLine(options.check, options.sections));
  } else if (kind == "set") {
    for (const std::string& member : options.values) {
      TRIBUTARY_ASSIGN_OR_RETURN(lines.emplace_back(), MetricLine(kind, options.name, {member}, options.sections));
    }
  } else {
    const std::vector<std::string> values = options.values.empty() ? std::vector<std::string>{"1"} : options.values;
    TRIBUTARY_ASSIGN_OR_RETURN(lines.emplace_back(), MetricLine(kind, options.name, values, options.sections));
  }
  return lines;
}

int EmitWords(const CLI::App& app, const std::string& kind, const EmitOptions& options) {
  const absl::StatusOr<std::vector<std::string>> lines = LinesOf(kind, options);
  if (!lines.ok()) return UsageError(app, lines.status().message());
  const absl::StatusOr<std::unique_ptr<EmitOutput>> output = Connect(options);
  if (!output.ok()) return FailToSend(app, output.status());
  const SystemClock clock;
  Progress progress(clock, "lines");
  const uint64_t total = static_cast<uint64_t>(options.count) * lines->size();
  for (int64_t i = 0; i < options.count && (*output)->status().ok(); ++i) {
    for (const std::string& line : *lines) (*output)->Add(line);
    progress.Show((*output)->lines(), total);
  }
  const absl::Status sent = (*output)->Finish();
  return sent.ok() ? kExitOk : FailToSend(app, sent);
}

absl::Status CopyFiles(const EmitOptions& options, EmitInput& input, const EmitInput::Write& write) {
  if (options.files.empty()) return input.Copy(STDIN_FILENO, "standard input", write);
  absl::Status status;
  for (const std::string& file : options.files) {
    if (file == "-") {
      status.Update(input.Copy(STDIN_FILENO, "standard input", write));
      continue;
    }
    const FileDescriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!descriptor.open()) return absl::NotFoundError(absl::StrCat(file, ": ", std::strerror(errno)));
    status.Update(input.Copy(descriptor.number(), file, write));
  }
  return status;
}

int EmitFiles(const CLI::App& app, const std::string& kind, const EmitOptions& options) {
  const absl::StatusOr<std::unique_ptr<EmitOutput>> output = Connect(options);
  if (!output.ok()) return FailToSend(app, output.status());
  const SystemClock clock;
  Progress progress(clock, "lines");
  EmitInput input(**output, progress, options.count);
  const absl::Status copied = CopyFiles(options, input, [&](absl::string_view line) -> absl::StatusOr<std::string> {
    if (kind == "values") return LineOfValues(line, options.type, options.sections);
    return std::string(line);
  });
  const absl::Status sent = (*output)->Finish();
  if (!sent.ok()) return FailToSend(app, sent);
  return copied.ok() ? kExitOk : Failure(app, copied.message());
}

absl::Status SendTime(const EmitOptions& options, const std::string& program, const TimedCommand& timed) {
  LineSections sections = options.sections;
  if (options.timer_name.empty()) sections.tags.push_back("command:" + program.substr(program.find_last_of('/') + 1));
  sections.tags.push_back(absl::StrCat("exit_status:", timed.exit_status));
  const std::string name = options.timer_name.empty() ? "command" : options.timer_name;
  const std::string milliseconds = absl::StrCat(absl::ToDoubleMilliseconds(timed.duration));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string timer, MetricLine("timer", name, {milliseconds}, sections));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::string runs, MetricLine("counter", name + ".runs", {"1"}, sections));
  TRIBUTARY_ASSIGN_OR_RETURN(const std::unique_ptr<EmitOutput> output, Connect(options));
  output->Add(timer);
  output->Add(runs);
  return output->Finish();
}

// Whatever becomes of the timer, the caller gets the command's status.
// What the timer is tagged with. Of a line for the shell only a first word that is plainly a program: `PASSWORD=x
// deploy` begins with what must not be told.
std::string ProgramOf(const EmitOptions& options) {
  if (!options.program.empty()) return options.program.front();
  const std::string word = options.command.substr(0, options.command.find(' '));
  const bool is_plain = std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("_./+-", c);
  });
  return is_plain ? word : "sh";
}

int EmitTime(const CLI::App& app, const EmitOptions& options) {
  const std::string program = ProgramOf(options);
  const std::vector<std::string> words =
      options.program.empty() ? std::vector<std::string>{"/bin/sh", "-c", options.command} : options.program;
  const SystemClock clock;
  absl::StatusOr<TimedCommand> timed = RunTimed(words, clock);
  if (!timed.ok()) {
    Failure(app, timed.status().message());
    timed = TimedCommand{.exit_status = absl::IsNotFound(timed.status()) ? 127 : 126};
  }
  const absl::Status sent = SendTime(options, program, *timed);
  if (!sent.ok()) Failure(app, Explained(sent));
  return timed->exit_status;
}

int Run(const CLI::App& app, EmitOptions& options, const std::vector<std::string>& program) {
  options.program = program;
  const std::vector<CLI::App*> kinds = app.get_subcommands();  // those that were named
  const std::string kind = kinds.empty() ? "" : kinds.front()->get_name();
  if (!(options.sections.rate > 0 && options.sections.rate <= 1))
    return UsageError(app, "--rate is above 0, at most 1");
  if (const absl::Status status = ReadTimestamp(options); !status.ok()) return UsageError(app, status.message());

  const bool times = !options.command.empty() || !options.program.empty();
  if (!options.command.empty() && !options.program.empty()) return UsageError(app, "give --command or -- , not both");
  if (times && !kind.empty())
    return UsageError(app, absl::StrCat("a command is timed, or a ", kind, " is sent, not both"));
  if (!options.timer_name.empty() && !times) return UsageError(app, "--name goes with --command or --");
  if (times) return EmitTime(app, options);
  if (kind == "lines" || kind == "values") return EmitFiles(app, kind, options);
  if (!kind.empty()) return EmitWords(app, kind, options);
  if (IsTerminal(stdin)) return UsageError(app, "say what to send, such as: tributary emit counter deploys; or --help");
  return EmitFiles(app, "lines", options);
}

}  // namespace

Command AddEmitCommand(CLI::App& app, const std::vector<std::string>& program) {
  auto options = std::make_shared<EmitOptions>();
  CLI::App* command = app.add_subcommand("emit", "Send metrics, events and checks to an agent; time a command");
  command->require_subcommand(0, 1);
  command->footer(std::string(kExamples));
  AddEmitOptions(*command, *options);
  return {.app = command, .run = [command, options, &program] { return Run(*command, *options, program); }};
}

}  // namespace tributary
