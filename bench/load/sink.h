#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/statusor.h"
#include "common/net/address.h"
#include "common/net/file_descriptor.h"

namespace tributary {

// Receives datagrams and does nothing with them: the kernel's share of any server's work. Stop may be called from any
// thread, the rest is thread-compatible.
class Sink {
 public:
  struct Counts {
    uint64_t datagrams = 0;
    uint64_t bytes = 0;
    double cpu_seconds = 0;  // of the receiving thread
  };

  // udp:// only.
  static absl::StatusOr<Sink> Open(const Address& address, int receive_buffer_bytes);
  Sink(Sink&& other) noexcept : socket_(std::move(other.socket_)), address_(std::move(other.address_)) {}

  // With the port that was taken.
  const Address& address() const { return address_; }
  // Until Stop.
  Counts Run();
  void Stop() { stopping_ = true; }

 private:
  Sink(FileDescriptor socket, Address address) : socket_(std::move(socket)), address_(std::move(address)) {}

  FileDescriptor socket_;
  Address address_;
  std::atomic<bool> stopping_{false};
};

}  // namespace tributary
