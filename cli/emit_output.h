#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/net/address.h"
#include "common/traffic/agent_socket.h"
#include "common/traffic/line_packer.h"

namespace tributary {

// Packs lines and sends them to an agent. After the first error nothing more is sent. Thread-compatible.
class EmitOutput {
 public:
  // Payloads of at most `payload_bytes`; a line that is longer has one of its own.
  static absl::StatusOr<std::unique_ptr<EmitOutput>> Connect(const Address& address, const TlsFiles& tls,
                                                             size_t payload_bytes);
  // Prints the lines instead.
  static std::unique_ptr<EmitOutput> ToStandardOutput();

  void Add(absl::string_view line);
  // Sends what is packed so far.
  void Flush();
  // Flushes, and tells what went wrong.
  absl::Status Finish();

  const absl::Status& status() const { return status_; }
  uint64_t lines() const { return lines_; }

 private:
  EmitOutput(std::unique_ptr<AgentSocket> socket, size_t payload_bytes);
  void Send(absl::string_view payload);

  const size_t payload_bytes_;
  std::unique_ptr<AgentSocket> socket_;
  LinePacker packer_;
  absl::Status status_;
  uint64_t lines_ = 0;
};

}  // namespace tributary
