#include "cli/tap_command.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/figures.h"
#include "cli/tap_session.h"
#include "cli/tap_text.h"
#include "cli/terminal.h"
#include "common/config/units.h"
#include "common/net/signal_waiter.h"

namespace tributary {
namespace {

constexpr char kExamples[] = R"(Examples:
  tributary tap 'api.*{region:eu}'
  tributary tap --rejected only --for 10s
  tributary tap 'api.*' --rate 1000 -o raw | tributary emit lines --to udp://other:8125

PATTERN is a name in which * stands for anything, and in braces tags that must all be there. Lines that are rejected
match by what stands before their first ':'. Ends with Ctrl-C, or when its pipe is closed. `-o raw` prints lines that
were taken only, unless --rejected says otherwise.

Exit status: 0, or 1 when the agent does not answer.)";

constexpr absl::Duration kPollEvery = absl::Milliseconds(200);

struct TapOptions {
  TapSession::Options session;
  std::string run_for;
  uint64_t limit = std::numeric_limits<uint64_t>::max();
  std::string output = "text";
};

bool IsPipeClosed() {
  pollfd out{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLNVAL)) != 0;
}

// What was shown and what was not.
class Tap {
 public:
  Tap(const TapOptions& options, absl::Time end) : options_(options), session_(options.session), end_(end) {
    format_ = options.output == "json"  ? TapFormat::kJson
              : options.output == "raw" ? TapFormat::kRaw
                                        : TapFormat::kText;
  }

  // Until a signal, the end of the time or of the pipe, or enough lines.
  absl::Status Run() {
    SignalWaiter signals;
    while (true) {
      const absl::StatusOr<TapBatch> batch = session_.Poll();
      if (!batch.ok()) return batch.status();
      const bool printed = Print(*batch);
      if (!printed || IsPipeClosed() || shown_ >= options_.limit) return absl::OkStatus();
      const absl::Duration left = end_ - absl::Now();
      if (left <= absl::ZeroDuration() || signals.Wait(std::min(kPollEvery, left)).has_value()) return absl::OkStatus();
    }
  }

  void PrintSummary() const {
    if (!IsTerminal(stderr)) return;
    // Over the terminal's own ^C.
    std::fprintf(stderr, "\r\033[K%s lines shown, %s beyond --rate\n", CountText(shown_).c_str(),
                 CountText(skipped_).c_str());
  }

 private:
  bool Print(const TapBatch& batch) {
    skipped_ += batch.skipped;
    for (const TapBatch::Record& record : batch.records) {
      if (shown_ >= options_.limit) break;
      ++shown_;
      const std::string text = TapText(record, format_, style_);
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) return false;
    }
    return std::fflush(stdout) == 0;
  }

  const TapOptions& options_;
  TapSession session_;
  const absl::Time end_;
  TapFormat format_;
  const Style style_ = Style(HasColours(stdout));
  uint64_t shown_ = 0;
  uint64_t skipped_ = 0;
};

int Run(const CLI::App& app, TapOptions& options) {
  absl::Time end = absl::InfiniteFuture();
  if (!options.run_for.empty()) {
    const std::optional<absl::Duration> length = ParseDuration(options.run_for);
    if (!length) return UsageError(app, "--for takes a duration such as 10s");
    end = absl::Now() + *length;
  }
  if (options.output == "raw" && app.count("--rejected") == 0) options.session.rejected = "no";
  Tap tap(options, end);
  const absl::Status status = tap.Run();
  tap.PrintSummary();
  return status.ok() ? kExitOk : Failure(app, status.message());
}

}  // namespace

Command AddTapCommand(CLI::App& app) {
  auto options = std::make_shared<TapOptions>();
  CLI::App* command = app.add_subcommand("tap", "Show lines that an agent receives, as they come");
  command->add_option("PATTERN", options->session.match, "which lines, such as 'api.*{region:eu}'; all when absent")
      ->type_name("");
  command->add_option("--rate", options->session.rate, "at most so many lines per second")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{10'000}).description(""))
      ->capture_default_str();
  AddChoice(command->add_option("--rejected", options->session.rejected, "lines that the agent could not read")
                ->capture_default_str(),
            {"only", "also", "no"});
  command->add_option("--for", options->run_for, "end after so long")->type_name("DURATION");
  command->add_option("--limit", options->limit, "end after so many lines")->type_name("N");
  AddChoice(command->add_option("-o,--output", options->output, "how they are printed")->capture_default_str(),
            {"text", "json", "raw"});
  AddAgentOption(*command, options->session.agent);
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
