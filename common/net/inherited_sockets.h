#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/net/address.h"
#include "common/net/file_descriptor.h"

namespace tributary {

// Sockets that whoever started this process has opened for it, as systemd does for socket units: bound, and listening
// where they are streams. They outlive the process: what arrives while it restarts waits in them. So they are read
// before it ends, and closed, but never shut down, and their paths stay.
// Threads: thread-compatible.
// Source:  sd_listen_fds(3).
class InheritedSockets {
 public:
  InheritedSockets() = default;  // none
  // Those that LISTEN_FDS announces to the process LISTEN_PID, if that is this one, from descriptor 3 on. They are made
  // non-blocking and close-on-exec. Call it once.
  static absl::StatusOr<InheritedSockets> FromEnvironment();

  // `name` is for messages: that of the socket unit.
  void Add(FileDescriptor socket, std::string name);

  bool empty() const { return sockets_.empty(); }

  // The sockets bound to `address`, several when they share it; none when it must be bound. Each is given once.
  std::vector<FileDescriptor> Take(const Address& address);

  // When every address is bound: what nobody has taken is an error, for senders would fill a socket that nobody reads.
  absl::Status CheckAllTaken() const;

 private:
  struct Socket {
    FileDescriptor descriptor;
    std::string name;
  };
  std::vector<Socket> sockets_;
};

}  // namespace tributary
