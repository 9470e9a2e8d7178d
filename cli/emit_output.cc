#include "cli/emit_output.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include "common/base/status.h"

namespace tributary {
namespace {

class PrintingSocket : public AgentSocket {
 public:
  absl::Status Send(absl::string_view payload) override {
    std::fwrite(payload.data(), 1, payload.size(), stdout);
    std::fputc('\n', stdout);
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    return std::fflush(stdout) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, "standard output");
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<EmitOutput>> EmitOutput::Connect(const Address& address, const TlsFiles& tls,
                                                                size_t payload_bytes) {
  TRIBUTARY_ASSIGN_OR_RETURN(std::unique_ptr<AgentSocket> socket, AgentSocket::Connect(address, tls));
  return std::unique_ptr<EmitOutput>(new EmitOutput(std::move(socket), payload_bytes));
}

std::unique_ptr<EmitOutput> EmitOutput::ToStandardOutput() {
  return std::unique_ptr<EmitOutput>(new EmitOutput(std::make_unique<PrintingSocket>(), 1));
}

EmitOutput::EmitOutput(std::unique_ptr<AgentSocket> socket, size_t payload_bytes)
    : payload_bytes_(payload_bytes),
      socket_(std::move(socket)),
      packer_(payload_bytes, /*pack_values=*/false, [this](absl::string_view payload) { Send(payload); }) {}

void EmitOutput::Add(absl::string_view line) {
  ++lines_;
  if (line.size() <= payload_bytes_) return packer_.AddLine(line);
  packer_.Flush();
  Send(line);
}

void EmitOutput::Flush() { packer_.Flush(); }

absl::Status EmitOutput::Finish() {
  packer_.Flush();
  status_.Update(socket_->Finish());
  return status_;
}

void EmitOutput::Send(absl::string_view payload) {
  if (status_.ok()) status_ = socket_->Send(payload);
}

}  // namespace tributary
