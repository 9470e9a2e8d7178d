#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/statsd_line.h"
#include "common/net/address.h"
#include "common/net/tls_files.h"

namespace CLI {
class App;
}

namespace tributary {

// What was typed behind `tributary emit`.
struct EmitOptions {
  // Of all kinds.
  std::string to;
  TlsFiles tls;  // of tls:// addresses
  LineSections sections;
  std::string timestamp;
  int64_t count = 1;
  uint64_t payload_bytes = 0;  // 0: what the transport takes
  bool dry_run = false;
  std::string command;
  std::string timer_name;
  std::vector<std::string> program;  // behind `--`

  // Of the chosen kind.
  std::string name;
  std::vector<std::string> values;
  EventWords event;
  CheckWords check;
  std::string type;  // of `values`
  std::vector<std::string> files;
};

// Adds what all kinds share to `emit`, and the kinds as its subcommands.
void AddEmitOptions(CLI::App& emit, EmitOptions& options);

// Reads `timestamp` into the sections.
absl::Status ReadTimestamp(EmitOptions& options);

}  // namespace tributary
