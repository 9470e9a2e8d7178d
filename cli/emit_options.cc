#include "cli/emit_options.h"

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "cli/command.h"

namespace tributary {
namespace {

constexpr char kSharedOptions[] = "The options of `tributary emit`, such as --to and --tag, hold here as well.";

CLI::App* AddKind(CLI::App& emit, const std::string& name, const std::string& description, const std::string& example) {
  CLI::App* kind = emit.add_subcommand(name, description);
  kind->fallthrough();
  kind->footer(std::string("Example:\n  tributary emit ") + example + "\n\n" + kSharedOptions);
  return kind;
}

void AddMetric(CLI::App& emit, EmitOptions& options, const std::string& type, const std::string& description,
               const std::string& example) {
  CLI::App* kind = AddKind(emit, type, description, example);
  kind->add_option("NAME", options.name, "the metric")->required()->type_name("");
  const bool is_set = type == "set";
  CLI::Option* values = kind->add_option(is_set ? "MEMBER" : "VALUE", options.values,
                                         type == "counter" ? "how much to add; 1 when absent" : "one or more");
  values->type_name("");
  if (type != "counter") values->required();
}

void AddEvent(CLI::App& emit, EventWords& event) {
  CLI::App* kind = AddKind(emit, "event", "Tell that something happened",
                           "event 'Deployed 2.3' 'by make deploy' --alert-type success --tag service:api");
  kind->add_option("TITLE", event.title, "in one line")->required()->type_name("");
  kind->add_option("TEXT", event.text, "the details")->type_name("");
  AddChoice(kind->add_option("--alert-type", event.alert_type, "how good or bad"),
            {"error", "warning", "info", "success"});
  AddChoice(kind->add_option("--priority", event.priority, "who should see it"), {"normal", "low"});
  kind->add_option("--host", event.host, "where it happened")->type_name("HOST");
  kind->add_option("--key", event.aggregation_key, "events of one key belong together")->type_name("KEY");
  kind->add_option("--source", event.source_type, "what kind of program tells it")->type_name("SOURCE");
}

void AddCheck(CLI::App& emit, CheckWords& check) {
  CLI::App* kind = AddKind(emit, "check", "Tell the state of something", "check db.up critical --message 'no answer'");
  kind->add_option("NAME", check.name, "the check")->required()->type_name("");
  AddChoice(kind->add_option("STATUS", check.status, "by word or number")->required(),
            {"ok", "warning", "critical", "unknown", "0", "1", "2", "3"});
  kind->add_option("--message", check.message, "why")->type_name("TEXT");
  kind->add_option("--host", check.host, "of which machine")->type_name("HOST");
}

void AddInputs(CLI::App& emit, EmitOptions& options) {
  CLI::App* lines =
      AddKind(emit, "lines", "Send lines of DogStatsD, as they are, from files or standard input",
              "lines < kept.txt\n  tributary tap '*' -o raw | tributary emit lines --to udp://other:8125");
  lines->add_option("FILE", options.files, "standard input when absent")->type_name("");
  CLI::App* values = AddKind(emit, "values", "Send values from files or standard input: `NAME VALUE... [#TAGS]` a line",
                             "values timer < times.txt");
  AddChoice(values->add_option("TYPE", options.type, "of all of them")->required(),
            {"counter", "gauge", "timer", "histogram", "distribution", "set"});
  values->add_option("FILE", options.files, "standard input when absent")->type_name("");
}

void AddShared(CLI::App& emit, EmitOptions& options) {
  emit.add_option("--to", options.to,
                  "udp://, tcp:// or tls://HOST:PORT, unixgram:///PATH or unixstream:///PATH; else TRIBUTARY_AGENT, "
                  "DD_DOGSTATSD_URL or DD_AGENT_HOST; else udp://127.0.0.1:8125")
      ->type_name("ADDRESS");
  emit.add_option("--ca-file", options.tls.ca_file,
                  "authorities in PEM that a tls:// agent must be certified by; else the system's")
      ->envname("TRIBUTARY_CA_FILE")
      ->type_name("FILE");
  CLI::Option* cert = emit.add_option("--cert", options.tls.cert_file,
                                      "the certificate in PEM to show where a tls:// agent asks for one")
                          ->type_name("FILE");
  CLI::Option* key = emit.add_option("--key", options.tls.key_file, "its key")->type_name("FILE");
  cert->needs(key);
  key->needs(cert);
  AddListOption(emit, "-t,--tag", options.sections.tags, "TAG,...", "such as region:eu; may be repeated");
  emit.add_option("--rate", options.sections.rate, "the share of what happened that is sent, such as 0.1")
      ->type_name("RATE");
  emit.add_option("--timestamp", options.timestamp, "when it was: now, Unix seconds or RFC 3339")->type_name("TIME");
  emit.add_option("--count", options.count, "send it so many times")
      ->type_name("N")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}).description(""));
  emit.add_option("--payload-bytes", options.payload_bytes,
                  "pack lines up to so many bytes; 1 sends each alone; else 1432 over udp, 8192 over the others")
      ->type_name("BYTES")
      ->check(CLI::Range(uint64_t{1}, uint64_t{65'000}).description(""));
  emit.add_flag("--dry-run", options.dry_run, "print the lines and send nothing");
  emit.add_option("--command", options.command, "run it in a shell and send how long it took")->type_name("COMMAND");
  emit.add_option("--name", options.timer_name, "the timer of --command; else `command`, tagged with the program")
      ->type_name("NAME");
}

}  // namespace

void AddEmitOptions(CLI::App& emit, EmitOptions& options) {
  AddShared(emit, options);
  AddMetric(emit, options, "counter", "Add to a counter", "counter api.requests 3 --tag region:eu");
  AddMetric(emit, options, "gauge", "Set a gauge; with a sign, change it", "gauge queue.depth +2");
  AddMetric(emit, options, "timer", "Tell durations, in ms or as 1.5s", "timer api.latency 12.5 250ms --rate 0.1");
  AddMetric(emit, options, "histogram", "Tell values of a distribution", "histogram file.size 1024 2048");
  AddMetric(emit, options, "distribution", "Tell values of a distribution", "distribution file.size 1024");
  AddMetric(emit, options, "set", "Tell members of a set, counted once each", "set users alice bob");
  AddEvent(emit, options.event);
  AddCheck(emit, options.check);
  AddInputs(emit, options);
}

absl::Status ReadTimestamp(EmitOptions& options) {
  const std::string& text = options.timestamp;
  int64_t seconds = 0;
  absl::Time time = absl::Now();
  std::string error;
  if (text.empty()) return absl::OkStatus();
  if (absl::SimpleAtoi(text, &seconds)) {
    time = absl::FromUnixSeconds(seconds);
  } else if (text != "now" && !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError("--timestamp takes now, Unix seconds or RFC 3339");
  }
  options.sections.unix_seconds = absl::ToUnixSeconds(time);
  return absl::OkStatus();
}

}  // namespace tributary
